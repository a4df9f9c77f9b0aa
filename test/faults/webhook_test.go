package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// receiver is the back end of an app: it notes what it accepts.
type receiver struct {
	*httptest.Server
	answer atomic.Pointer[func(*http.Request) int]

	mu     sync.Mutex
	events []told
}

// told is one event as a webhook tells it.
type told struct {
	Name, Channel, Data string
}

func newReceiver(t *testing.T, answer func(*http.Request) int) *receiver {
	r := &receiver{}
	r.set(answer)
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) set(answer func(*http.Request) int) { r.answer.Store(&answer) }

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	status := (*r.answer.Load())(req)
	if status == http.StatusOK {
		var sent struct{ Events []told }
		_ = json.Unmarshal(body, &sent)
		r.mu.Lock()
		r.events = append(r.events, sent.Events...)
		r.mu.Unlock()
	}
	w.WriteHeader(status)
}

func (r *receiver) count(name string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Name == name {
			n++
		}
	}
	return n
}

// inOrder checks that the numbers of each channel came one after the other, and
// how many there are unless events is 0.
func (r *receiver) inOrder(t *testing.T, who string, channels, events int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	next := map[string]int{}
	for _, e := range r.events {
		if e.Name == "client_event" {
			if e.Data != fmt.Sprint(next[e.Channel]) {
				t.Errorf("%s: %s got number %s where %d was due", who, e.Channel, e.Data, next[e.Channel])
			}
			next[e.Channel]++
		}
	}
	for channel, n := range next {
		if events > 0 && n != events {
			t.Errorf("%s: %s got %d events, want %d", who, channel, n, events)
		}
	}
	if len(next) > channels {
		t.Errorf("%s: %d channels, want %d", who, len(next), channels)
	}
}

func ok(*http.Request) int     { return http.StatusOK }
func broken(*http.Request) int { return http.StatusInternalServerError }
func hangs(r *http.Request) int {
	<-r.Context().Done()
	return http.StatusOK
}

const adminToken = "token-of-the-operator"

// hooked starts a server whose demo app has these webhooks.
func hooked(t *testing.T, elapsedMS int, urls ...string) *launch.Server {
	t.Helper()
	return hookedWith(t, map[string]any{
		"webhooks": map[string]any{
			"request_timeout_ms": 300,
			"retry":              map[string]any{"initial_backoff_ms": 50, "max_backoff_ms": 400, "max_elapsed_time_ms": elapsedMS},
		},
	}, urls...)
}

// hookedWith is hooked with further configuration.
func hookedWith(t *testing.T, config map[string]any, urls ...string) *launch.Server {
	t.Helper()
	var hooks []any
	for _, url := range urls {
		hooks = append(hooks, map[string]any{"url": url, "event_types": []string{"channel_occupied", "channel_vacated", "client_event"}})
	}
	app := launch.Demo
	app.Fields = map[string]any{"enable_client_messages": true, "webhooks": hooks}
	config["admin"] = map[string]any{"token": adminToken}
	return built.Start(t, launch.Options{Apps: []launch.App{app}, Config: config})
}

// enter subscribes to a private channel.
func (c *client) enter(channel string) error {
	auth := "app-key:" + sign("app-secret", c.id+":"+channel)
	if err := c.send(`{"event":"pusher:subscribe","data":{"channel":%q,"auth":%q}}`, channel, auth); err != nil {
		return err
	}
	return c.await("pusher_internal:subscription_succeeded")
}

// say sends numbered client events to some channels.
func say(t *testing.T, port, channels, events int) *client {
	t.Helper()
	c, err := dial(port, "app-key")
	for i := 0; i < channels && err == nil; i++ {
		err = c.enter(fmt.Sprint("private-", i))
	}
	for n := 0; n < events && err == nil; n++ {
		for i := 0; i < channels && err == nil; i++ {
			err = c.send(`{"event":"client-n","channel":"private-%d","data":"%d"}`, i, n)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dead runs the command for dead letters.
func dead(t *testing.T, s *launch.Server, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args = append([]string{"webhooks", "dead"}, args...)
	cmd := exec.CommandContext(ctx, built.Core(), append(args, "--admin-url", fmt.Sprintf("http://127.0.0.1:%d", s.MetricsPort))...)
	cmd.Env = []string{"ADMIN_TOKEN=" + adminToken}
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// Receivers that fail, hang or are not there lose nothing and disturb nobody; what
// was given up is listed, comes after a replay, and can be purged.
func TestWebhooksAndReceiversInTrouble(t *testing.T) {
	const channels, events = 8, 15
	const sum = channels * events
	good, flaky, slow := newReceiver(t, ok), newReceiver(t, broken), newReceiver(t, hangs)
	away := httptest.NewServer(nil)
	address := away.Listener.Addr().String()
	away.Close()
	s := hooked(t, 6000, good.URL, flaky.URL, slow.URL, "http://"+address)
	c := say(t, s.Port, channels, events)
	defer c.conn.Close()
	until(t, "the good receiver to have everything", func() bool { return good.count("client_event") == sum })
	good.inOrder(t, "good", channels, events)
	if n := flaky.count("client_event"); n != 0 {
		t.Errorf("the receiver in trouble accepted %d", n)
	}
	flaky.set(ok)
	until(t, "the repaired receiver to have everything", func() bool { return flaky.count("client_event") == sum })
	flaky.inOrder(t, "flaky", channels, events)

	const given = 2 * (sum + channels) // occupied too
	until(t, "the others' letters to be dead", func() bool {
		return metric(t, s, "sockudo_webhook_queue_depth", `state="dead"`) == given
	})
	letters := strings.Split(strings.TrimSpace(dead(t, s, "list", "--json")), "\n")
	if len(letters) != given || !strings.Contains(letters[0], `"app_id":"app-id"`) {
		t.Errorf("%d letters, the first: %s", len(letters), letters[0])
	}
	back := newReceiver(t, ok)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = http.Serve(listener, back) }()
	defer listener.Close()
	slow.set(broken)
	if got := dead(t, s, "replay", "--all"); got != fmt.Sprintf("replayed: %d\n", given) {
		t.Errorf("replay: %s", got)
	}
	until(t, "the returned receiver to have everything", func() bool { return back.count("client_event") == sum })
	back.inOrder(t, "back", channels, events)
	until(t, "the rest to be dead again", func() bool {
		return metric(t, s, "sockudo_webhook_queue_depth", `state="dead"`) == sum+channels
	})
	if got := dead(t, s, "purge", "--all"); got != fmt.Sprintf("purged: %d\n", sum+channels) {
		t.Errorf("purge: %s", got)
	}
	if n := metric(t, s, "sockudo_webhook_events_total", `type="client_event"`); n != sum {
		t.Errorf("%v events were counted", n)
	}
}

// What was accepted before a stop is told: also that channels are empty.
func TestStopTellsWebhooks(t *testing.T) {
	const channels, events = 5, 20
	good := newReceiver(t, ok)
	s := hooked(t, 6000, good.URL)
	c := say(t, s.Port, channels, events)
	defer c.conn.Close()
	until(t, "the first event", func() bool { return good.count("client_event") > 0 })
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if n := good.count("channel_vacated"); n != channels {
		t.Errorf("%d channels were vacated, want %d", n, channels)
	}
	good.inOrder(t, "good", channels, 0)
}

// The queue in memory dies with its plugin; what the core has in hand is sent all the same.
func TestWebhooksInHandOutliveThePlugin(t *testing.T) {
	const channels = 10
	var arrived atomic.Int32
	release := make(chan struct{})
	r := newReceiver(t, func(*http.Request) int {
		arrived.Add(1)
		<-release
		return http.StatusInternalServerError
	})
	s := hooked(t, 30_000, r.URL)
	c, err := dial(s.Port, "app-key")
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	for i := range channels {
		if err := c.subscribe(fmt.Sprint("room-", i)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "all requests", func() bool { return arrived.Load() >= channels })
	before := children(s.PID())
	_ = syscall.Kill(before[0], syscall.SIGKILL)
	r.set(ok)
	close(release)
	until(t, "everything", func() bool { return r.count("channel_occupied") >= channels })
}
