package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/sdk/contract"
)

const anEvent = `{"name":"f","channel":"a","data":"x"}`

// checkFailureBody checks that a failure has the form that all failures have.
func checkFailureBody(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	var body struct {
		Error, Code string
		Status      int
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Error == "" || body.Code == "" || body.Status != w.Code {
		t.Errorf("body of the failure is %s (%v)", w.Body, err)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
}

func TestPublishedSignatureVectors(t *testing.T) {
	f := newFixture()
	body := `{"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"}`
	w := f.do(request("POST", "/apps/3/events?auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0"+
		"&body_md5=ec365a775a4cd0599faeb73354201b6f&auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c", body))
	checkAnswer(t, w, 200, `{}`)
	w = f.do(request("GET", "/apps/3/channels?auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0"+
		"&filter_by_prefix=presence-&info=user_count&auth_signature=16819168891cb5dfd72b5c7a5d3d602605b26c6ba1930033b5e2eeeb65010291", ""))
	checkAnswer(t, w, 200, `{"channels":{}}`)
}

func TestSignatures(t *testing.T) {
	set := func(name, value string) func(map[string]string) {
		return func(p map[string]string) { p[name] = value }
	}
	drop := func(name string) func(map[string]string) {
		return func(p map[string]string) { delete(p, name) }
	}
	at := func(seconds int) func(map[string]string) {
		return set("auth_timestamp", fmt.Sprint(testTime+seconds))
	}
	tests := []struct {
		name   string
		edit   func(map[string]string)
		status int
	}{
		{"as it should be", nil, 200},
		{"ten minutes late", at(-600), 200},
		{"ten minutes early", at(600), 200},
		{"too late", at(-601), 401},
		{"too early", at(601), 401},
		{"a time that is none", set("auth_timestamp", "now"), 401},
		{"no time", drop("auth_timestamp"), 401},
		{"no key", drop("auth_key"), 401},
		{"the key of another app", set("auth_key", testKey+"off"), 401},
		{"no version", drop("auth_version"), 400},
		{"another version", set("auth_version", "2.0"), 400},
		{"no sum of the body", drop("body_md5"), 401},
		{"the sum of another body", set("body_md5", "00000000000000000000000000000000"), 401},
		{"names in upper case", func(p map[string]string) { p["AUTH_KEY"] = p["auth_key"]; delete(p, "auth_key") }, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			w := f.do(request("POST", signed("POST", "/apps/3/events", anEvent, tt.edit), anEvent))
			checkAnswer(t, w, tt.status, "")
			if tt.status != 200 {
				checkFailureBody(t, w)
				if got := f.metrics.App("3").AuthFailures[0].Load(); got != 1 {
					t.Errorf("counted %d failures", got)
				}
			}
		})
	}
}

func TestSignatureIsCompared(t *testing.T) {
	f := newFixture()
	target := signed("POST", "/apps/3/events", anEvent, nil)
	w := f.do(request("POST", target[:len(target)-1]+"x", anEvent))
	checkAnswer(t, w, 401, "")
	if !strings.Contains(w.Body.String(), `POST\\n/apps/3/events\\nauth_key=`) {
		t.Errorf("the answer does not tell what to sign: %s", w.Body)
	}
	digest := sign("POST\n/apps/3/events\nauth_key=" + testKey)
	if strings.Contains(w.Body.String(), digest) {
		t.Error("the answer tells the signature")
	}
	checkAnswer(t, f.do(request("POST", "/apps/3/events", anEvent)), 401, "")
	checkAnswer(t, f.do(request("POST", target+"&auth_key="+testKey, anEvent)), 400, "")
}

func TestSignatureOfAnEmptyBody(t *testing.T) {
	f := newFixture()
	withSum := signed("GET", "/apps/3/channels", "", func(p map[string]string) { p["body_md5"] = "d41d8cd98f00b204e9800998ecf8427e" })
	checkAnswer(t, f.do(request("GET", withSum, "")), 200, `{"channels":{}}`)
}

func TestSignatureOfTheOldSecret(t *testing.T) {
	f := newFixture().withApp(func(a *contract.App) { a.Secrets = []contract.Secret{"new", testSecret} })
	checkAnswer(t, f.call("POST", "/apps/3/events", anEvent), 200, `{}`)
}

func TestPathsBehindAProxy(t *testing.T) {
	const plain, encoded = "/apps/3/channels/presence-a@b/users", "/apps/3/channels/presence-a%40b/users"
	tests := []struct {
		name, prefix, sent, signed string
		status                     int
	}{
		{"encoded as signed", "", encoded, encoded, 200},
		{"encoded on the way", "", encoded, plain, 200},
		{"prefix signed", "/ws", "/ws" + plain, "/ws" + plain, 200},
		{"prefix added on the way", "/ws", "/ws" + plain, plain, 200},
		{"prefix and encoding", "/ws/", "/ws" + encoded, plain, 200},
		{"served without the prefix too", "/ws", plain, plain, 200},
		{"no path with that prefix", "/ws", "/wsx" + plain, plain, 404},
		{"no prefix configured", "", "/ws" + plain, plain, 404},
		{"signature of another path", "", plain, "/apps/3/channels", 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			f.opts.PathPrefix = tt.prefix
			f.hub.channels = []hub.ChannelInfo{{Name: "presence-a@b"}}
			_, query, _ := strings.Cut(signed("GET", tt.signed, "", nil), "?")
			checkAnswer(t, f.do(request("GET", tt.sent+"?"+query, "")), tt.status, "")
		})
	}
}

func TestAbsoluteTarget(t *testing.T) {
	f := newFixture()
	r := request("GET", signed("GET", "/apps/3/channels", "", nil), "")
	r.RequestURI = "http://host" + r.RequestURI
	checkAnswer(t, f.do(r), 200, "")
}

func TestRoutes(t *testing.T) {
	tests := []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/apps/3/events", 405, "POST"},
		{"PUT", "/apps/3/batch_events", 405, "POST"},
		{"POST", "/apps/3/channels", 405, "GET"},
		{"DELETE", "/apps/3/channels/a", 405, "GET"},
		{"POST", "/apps/3/channels/presence-a/users", 405, "GET"},
		{"POST", "/up", 405, "GET, HEAD"},
		{"OPTIONS", "/apps/3/events", 405, "POST"},
		{"GET", "/", 404, ""},
		{"GET", "/apps", 404, ""},
		{"GET", "/apps/3", 404, ""},
		{"GET", "/apps/3/nothing", 404, ""},
		{"POST", "/apps/3/events/", 404, ""},
		{"GET", "/apps/3/channels/a/members", 404, ""},
		{"GET", "/apps/3/channels/presence-a/users/1", 404, ""},
		{"GET", "/apps/3/channels/presence-a/users/1/2/3/4", 404, ""},
		{"GET", "//apps/3/channels", 404, ""},
		{"GET", "/usage", 404, ""},
		{"GET", "/up/3/4", 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			w := newFixture().call(tt.method, tt.path, "")
			checkAnswer(t, w, tt.status, "")
			checkFailureBody(t, w)
			if got := w.Header().Get("Allow"); got != tt.allow {
				t.Errorf("Allow %q, want %q", got, tt.allow)
			}
		})
	}
}

// oneError is a store where every look-up fails.
type oneError struct{ err error }

func (e oneError) ByID(context.Context, string) (*apps.Handle, error) { return nil, e.err }

func TestAppsThatAreNotServed(t *testing.T) {
	f := newFixture()
	w := f.call("POST", "/apps/4/events", anEvent)
	checkAnswer(t, w, 404, "")
	checkFailureBody(t, w)
	checkAnswer(t, f.call("POST", "/apps//events", anEvent), 404, "")
	w = f.call("POST", "/apps/off/events", anEvent)
	checkAnswer(t, w, 403, "")
	checkFailureBody(t, w)
	f.opts.Apps = oneError{errors.Join(apps.ErrUnavailable, context.DeadlineExceeded)}
	w = f.call("POST", "/apps/3/events", anEvent)
	checkAnswer(t, w, 503, "")
	checkFailureBody(t, w)
	if got := w.Header().Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After %q", got)
	}
}

func TestBodyOverTheLimit(t *testing.T) {
	f := newFixture()
	f.opts.BodyLimit = 100
	fits := anEvent + strings.Repeat(" ", 100-len(anEvent))
	checkAnswer(t, f.call("POST", "/apps/3/events", fits), 200, `{}`)
	for name, hide := range map[string]bool{"announced": false, "in chunks": true} {
		t.Run(name, func(t *testing.T) {
			r := request("POST", signed("POST", "/apps/3/events", fits+" ", nil), fits+" ")
			if hide {
				r.ContentLength = -1
				r.Body = io.NopCloser(r.Body)
			}
			w := f.do(r)
			checkAnswer(t, w, 413, "")
			checkFailureBody(t, w)
		})
	}
}

func TestLargeBodiesHaveBoundedRoom(t *testing.T) {
	f := newFixture()
	server := New(f.opts)
	large := anEvent + strings.Repeat(" ", 200<<10)
	publish := func(body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, request("POST", signed("POST", "/apps/3/events", body, nil), body))
		return w
	}
	checkAnswer(t, publish(large), 200, `{}`)
	if !server.room.TryAcquire(largeBodies) {
		t.Fatal("a body that was read still takes room")
	}
	w := publish(large + strings.Repeat(" ", 300<<10))
	checkAnswer(t, w, 503, "")
	checkFailureBody(t, w)
	checkAnswer(t, publish(anEvent), 200, `{}`)
}

func TestBodyThatBreaksOff(t *testing.T) {
	r := request("POST", signed("POST", "/apps/3/events", anEvent, nil), anEvent)
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(anEvent[:5]), &brokenReader{}))
	w := newFixture().do(r)
	checkAnswer(t, w, 400, "")
	checkFailureBody(t, w)
}

type brokenReader struct{}

func (*brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestCounting(t *testing.T) {
	f := newFixture()
	f.call("POST", "/apps/3/events", anEvent)
	f.call("POST", "/apps/4/events", anEvent)
	c := f.metrics.App("3")
	got := []uint64{c.HTTPCalls.Load(), c.HTTPReceivedBytes.Load(), c.HTTPTransmittedBytes.Load(), c.Published.Load(), f.metrics.App("").HTTPCalls.Load()}
	if fmt.Sprint(got) != fmt.Sprint([]uint64{1, uint64(len(anEvent)), 2, 1, 1}) {
		t.Errorf("counted %v", got)
	}
}

func TestContentTypeDoesNotMatter(t *testing.T) {
	f := newFixture()
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"} {
		r := request("POST", signed("POST", "/apps/3/events", anEvent, nil), anEvent)
		r.Header.Set("Content-Type", kind)
		checkAnswer(t, f.do(r), 200, `{}`)
	}
}

// cacheOf is a cache with one event.
type cacheOf struct {
	channel string
	err     error
}

func (c cacheOf) Cached(_ context.Context, _, channel string) ([]byte, time.Duration, bool, error) {
	return []byte(`"{\"x\":1}"`), time.Minute, channel == c.channel, c.err
}

func TestReading(t *testing.T) {
	tests := []struct {
		name, target string
		status       int
		answer       string
	}{
		{"all channels", "channels", 200, `{"channels":{"b":{},"cache-c":{},"presence-a":{}}}`},
		{"channels with a prefix", "channels?filter_by_prefix=presence-&info=user_count", 200, `{"channels":{"presence-a":{"user_count":2}}}`},
		{"counts of all channels", "channels?info=subscription_count", 200, `{"channels":{"b":{"subscription_count":7},"cache-c":{"subscription_count":1},"presence-a":{"subscription_count":3}}}`},
		{"both counts", "channels?filter_by_prefix=presence-&info=user_count,subscription_count", 200, `{"channels":{"presence-a":{"user_count":2,"subscription_count":3}}}`},
		{"no channel with the prefix", "channels?filter_by_prefix=x", 200, `{"channels":{}}`},
		{"users of all channels", "channels?info=user_count", 400, ""},
		{"users of other channels", "channels?filter_by_prefix=b&info=user_count", 400, ""},
		{"cache of all channels", "channels?info=cache", 400, ""},
		{"unknown attribute", "channels?info=color", 400, ""},

		{"a channel", "channels/b", 200, `{"occupied":true}`},
		{"a channel nobody is on", "channels/z", 200, `{"occupied":false}`},
		{"a count", "channels/b?info=subscription_count", 200, `{"occupied":true,"subscription_count":7}`},
		{"counts of a presence channel", "channels/presence-a?info=user_count,subscription_count", 200, `{"occupied":true,"user_count":2,"subscription_count":3}`},
		{"users of a channel without", "channels/b?info=user_count", 400, ""},
		{"cache of a channel without", "channels/b?info=cache", 400, ""},
		{"a cached event", "channels/cache-c?info=cache,subscription_count", 200, `{"occupied":true,"subscription_count":1,"cache":{"data":"{\"x\":1}","ttl":60}}`},
		{"an empty cache", "channels/cache-z?info=cache", 200, `{"occupied":false,"cache":null}`},
		{"a wrong name", "channels/a%20b", 400, ""},
		{"a long name", "channels/" + strings.Repeat("x", 201), 400, ""},

		{"users", "channels/presence-a/users", 200, `{"users":[{"id":"1"},{"id":"\u00e9\""}]}`},
		{"users of a presence channel nobody is on", "channels/presence-z/users", 200, `{"users":[]}`},
		{"users of another channel", "channels/b/users", 400, ""},
	}
	f := newFixture()
	f.opts.Cache = cacheOf{channel: "cache-c"}
	f.hub.users = []string{"1", "é\""}
	f.hub.channels = []hub.ChannelInfo{{Name: "presence-a", Subscriptions: 3, Users: 2}, {Name: "b", Subscriptions: 7}, {Name: "cache-c", Subscriptions: 1}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := f.call("GET", "/apps/3/"+tt.target, "")
			checkAnswer(t, w, tt.status, "")
			if tt.status != 200 {
				checkFailureBody(t, w)
				return
			}
			if got, want := canonical(t, w.Body.String()), canonical(t, tt.answer); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func canonical(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("answer is not JSON: %s", text)
	}
	out, _ := json.Marshal(v)
	return string(out)
}

func TestCacheThatIsAway(t *testing.T) {
	f := newFixture()
	checkAnswer(t, f.call("GET", "/apps/3/channels/cache-c?info=cache", ""), 200, `{"occupied":false,"cache":null}`)
	f.opts.Cache = cacheOf{err: contract.ErrUnavailable}
	w := f.call("GET", "/apps/3/channels/cache-c?info=cache", "")
	checkAnswer(t, w, http.StatusServiceUnavailable, "")
	if got := w.Header().Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After %q", got)
	}
}
