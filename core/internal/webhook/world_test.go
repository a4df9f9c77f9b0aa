package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a service between a queue and receivers, all within a bubble of
// simulated time.
type world struct {
	t        *testing.T
	apps     *apps.Registry
	queue    *fakeQueue
	metrics  *metrics.Registry
	service  *Service
	sink     *Sink
	stopping bool

	mu      sync.Mutex
	receive func(r *http.Request) int // nil: 200
	posts   []post
}

// post is a request that was answered.
type post struct {
	url    string
	id     string
	header http.Header
	body   string
	status int
	at     time.Duration // since the world began
	events []map[string]any
}

var all = []string{
	"channel_occupied", "channel_vacated", "member_added", "member_removed", "client_event", "cache_miss",
	"subscription_count", "user_signed_in", "user_signed_out", "connection_opened", "connection_closed",
}

const secret = "app-secret"

func app(hooks ...contract.Webhook) *contract.App {
	return &contract.App{ID: "a", Key: "key", Secrets: []contract.Secret{secret}, Enabled: true, Webhooks: hooks}
}

func to(url string, types ...string) contract.Webhook {
	if types == nil {
		types = all
	}
	return contract.Webhook{URL: url, EventTypes: types}
}

// inWorld runs a test in a bubble; change may adjust the options.
func inWorld(t *testing.T, records []*contract.App, change func(*Options), f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, queue: newFakeQueue(), metrics: metrics.New(metrics.Options{})}
		w.apps = apps.New(apps.Options{Complete: true})
		w.apps.Replace(records)
		o := Options{
			Queue: w.queue, Apps: w.apps, Counters: w.metrics.App, Requests: w.metrics.NewWebhookDelivery(),
			Logger: hclog.NewNullLogger(), Node: "n", RequestTimeout: 10 * time.Second,
			Retry:       Retry{MaxElapsed: 5 * time.Minute, InitialBackoff: time.Second, MaxBackoff: time.Minute},
			Concurrency: 64, PerWebhook: 8, Lease: 30 * time.Second, RenewInterval: 10 * time.Second,
			Getenv: func(string) string { return "" }, Transport: w,
		}
		if change != nil {
			change(&o)
		}
		w.service = New(o)
		w.sink = w.service.Sink()
		if err := w.service.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		f(w)
		w.stop(10 * time.Second)
		w.apps.Close()
	})
}

func (w *world) stop(within time.Duration) {
	w.t.Helper()
	if w.stopping {
		return
	}
	w.stopping = true
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := w.service.Stop(ctx); err != nil {
		w.t.Errorf("stop: %v", err)
	}
}

// RoundTrip is the network: it notes what the receivers have answered.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	status := http.StatusOK
	w.mu.Lock()
	receive := w.receive
	w.mu.Unlock()
	if receive != nil {
		status = receive(r)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var sent struct{ Events []map[string]any }
	if err := json.Unmarshal(body, &sent); err != nil {
		w.t.Errorf("body %s: %v", body, err)
	}
	if want := string(pusher.NewSigner(secret).AppendHex(nil, body)); r.Header.Get(headerSignature) != want {
		w.t.Errorf("signature %q of %s", r.Header.Get(headerSignature), body)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posts = append(w.posts, post{
		r.URL.String(), r.Header.Get(headerID), r.Header, string(body), status, w.service.now(), sent.Events,
	})
	return &http.Response{StatusCode: status, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

// after lets time pass and everything that is to happen until then happen.
func (w *world) after(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

// answer lets receivers answer so; nil: with 200.
func (w *world) answer(f func(r *http.Request) int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.receive = f
}

// always answers everything with a status.
func (w *world) always(status int) { w.answer(func(*http.Request) int { return status }) }

// answered returns the requests so far.
func (w *world) answered() []post {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.posts)
}

// delivered returns the names and subjects of events that a URL has accepted.
func (w *world) delivered(url string) (got []string) {
	for _, p := range w.answered() {
		if p.url != url || p.status != 200 {
			continue
		}
		for _, e := range p.events {
			text := e["name"].(string)
			for _, key := range []string{"channel", "user_id"} {
				if v, ok := e[key].(string); ok {
					text += " " + v
				}
			}
			got = append(got, text)
		}
	}
	return got
}

// hang waits for the end of the request.
func hang(r *http.Request) int {
	<-r.Context().Done()
	return 0
}

func contextWithin(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}
