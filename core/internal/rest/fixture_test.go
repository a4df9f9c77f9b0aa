package rest

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	testKey    = "278d425bdf160c739803"
	testSecret = "7ad3773142a6692b25b8"
	testTime   = 1353088179
	testTTL    = time.Minute
)

// fakeHub records what is published and tells what it was given.
type fakeHub struct {
	mu       sync.Mutex
	batches  [][]hub.Message
	err      error
	channels []hub.ChannelInfo
	users    []string

	terminated []string
}

func (h *fakeHub) Connections(string) int { return 7 }

func (h *fakeHub) Terminate(appID, userID string) {
	h.terminated = append(h.terminated, appID+"/"+userID)
}

func (h *fakeHub) Publish(_ context.Context, _ string, msgs []hub.Message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return h.err
	}
	h.batches = append(h.batches, slices.Clone(msgs))
	return nil
}

func (h *fakeHub) Channels(_, prefix string) (found []hub.ChannelInfo) {
	for _, c := range h.channels {
		if strings.HasPrefix(c.Name, prefix) {
			found = append(found, c)
		}
	}
	return found
}

func (h *fakeHub) Channel(_, name string) (hub.ChannelInfo, bool) {
	for _, c := range h.channels {
		if c.Name == name {
			return c, true
		}
	}
	return hub.ChannelInfo{}, false
}

func (h *fakeHub) Users(_, name string) []string {
	if _, ok := h.Channel("", name); ok {
		return h.users
	}
	return nil
}

// fixture is a server with the apps "3" (its limits are the usual ones) and
// "off" (disabled).
type fixture struct {
	hub     *fakeHub
	metrics *metrics.Registry
	opts    Options
}

func newFixture() *fixture {
	registry := apps.New(apps.Options{Complete: true, Defaults: apps.Limits{
		ChannelNameLength: 200, ChannelsPerEvent: 100, EventNameLength: 200,
		EventBytes: 100 << 10, BatchSize: 10,
	}})
	registry.Replace([]*contract.App{testApp("3", nil), testApp("off", func(a *contract.App) { a.Enabled = false })})
	f := &fixture{hub: &fakeHub{}, metrics: metrics.New(metrics.Options{})}
	f.opts = Options{
		Apps: registry, Publisher: f.hub, Occupancy: f.hub, Connections: f.hub, Counters: f.metrics,
		Now: func() time.Time { return time.Unix(testTime, 0) },
	}
	return f
}

func testApp(id string, edit func(*contract.App)) *contract.App {
	app := &contract.App{ID: id, Key: testKey, Secrets: []contract.Secret{testSecret}, Enabled: true}
	if id != "3" {
		app.Key += id
	}
	if edit != nil {
		edit(app)
	}
	return app
}

// withApp replaces the apps by one.
func (f *fixture) withApp(edit func(*contract.App)) *fixture {
	f.opts.Apps.(*apps.Registry).Replace([]*contract.App{testApp("3", edit)})
	return f
}

func (f *fixture) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	New(f.opts).ServeHTTP(w, r)
	observe(r, w.Code)
	return w
}

// call sends a signed request.
func (f *fixture) call(method, target, body string) *httptest.ResponseRecorder {
	return f.do(request(method, signed(method, target, body, nil), body))
}

func request(method, target, body string) *http.Request {
	return httptest.NewRequest(method, target, strings.NewReader(body))
}

// signed adds the parameters of a signature to a target. edit may change them
// before they are signed.
func signed(method, target, body string, edit func(params map[string]string)) string {
	path, query, _ := strings.Cut(target, "?")
	params := map[string]string{"auth_key": testKey, "auth_timestamp": fmt.Sprint(testTime), "auth_version": "1.0"}
	if body != "" {
		sum := md5.Sum([]byte(body))
		params["body_md5"] = hex.EncodeToString(sum[:])
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			params[name] = value
		}
	}
	if edit != nil {
		edit(params)
	}
	return path + "?" + join(params) + "&auth_signature=" + sign(method+"\n"+path+"\n"+join(lower(params)))
}

func sign(text string) string {
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func lower(params map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range params {
		out[strings.ToLower(name)] = value
	}
	return out
}

func join(params map[string]string) string {
	var pairs []string
	for name, value := range params {
		pairs = append(pairs, name+"="+value)
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// published returns the payloads of all frames, each after its channel.
func (f *fixture) published() []string {
	var all []string
	for _, batch := range f.hub.batches {
		for _, m := range batch {
			_, payload, _ := strings.Cut(string(m.Frame), "{")
			all = append(all, m.Channel+" {"+payload)
		}
	}
	return all
}

func checkAnswer(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status || (body != "" && w.Body.String() != body) {
		t.Errorf("got %d %s, want %d %s", w.Code, w.Body, status, body)
	}
}
