package faults

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// mortal is a receiver of webhooks that is killed and comes back on its address.
type mortal struct {
	address string

	mu     sync.Mutex
	server *http.Server      // nil while it is dead
	ids    map[string]string // by event: the id of its delivery
	next   map[string]int    // by channel: the number that is due
	again  int               // events that came more than once
	wrong  []string          // what must not be
}

func newMortal(t *testing.T) *mortal {
	m := &mortal{address: "127.0.0.1:0", ids: map[string]string{}, next: map[string]int{}}
	m.revive(t)
	t.Cleanup(m.kill)
	return m
}

func (m *mortal) revive(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", m.address)
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.address, m.server = l.Addr().String(), &http.Server{Handler: m}
	go func(s *http.Server) { _ = s.Serve(l) }(m.server)
}

// kill closes the listener and every connection, also in the middle of an answer.
func (m *mortal) kill() {
	m.mu.Lock()
	s := m.server
	m.server = nil
	m.mu.Unlock()
	if s != nil {
		_ = s.Close()
	}
}

// ServeHTTP notes what arrives: from then on it was delivered, whatever becomes
// of the answer.
func (m *mortal) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var sent struct{ Events []told }
	if err != nil || json.Unmarshal(body, &sent) != nil {
		return
	}
	id := req.Header.Get("X-Webhook-Id")
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range sent.Events {
		m.noteLocked(e, id)
	}
}

func (m *mortal) noteLocked(e told, id string) {
	name := e.Channel + " " + e.Data
	if before, known := m.ids[name]; known {
		m.again++
		if before != id {
			m.wrong = append(m.wrong, fmt.Sprintf("%s came with the ids %s and %s", name, before, id))
		}
		return
	}
	m.ids[name] = id
	if n, _ := strconv.Atoi(e.Data); n != m.next[e.Channel] {
		m.wrong = append(m.wrong, fmt.Sprintf("%s came where number %d was due", name, m.next[e.Channel]))
	}
	m.next[e.Channel]++
}

func (m *mortal) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.ids)
}

// talker says numbered events in channels of its own through one server.
type talker struct {
	s        *launch.Server
	name     string
	channels int
	said     int // events per channel
	counted  int // events in all since the server started
	c        *client
}

func (k *talker) connect(t *testing.T) {
	t.Helper()
	var err error
	if k.c, err = dial(k.s.Port, "app-key"); err != nil {
		t.Fatal(err)
	}
	k.counted = 0
	for i := range k.channels {
		if err := k.c.enter(k.channel(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func (k *talker) channel(i int) string { return fmt.Sprintf("private-%s-%d", k.name, i) }

func (k *talker) say(t *testing.T, events int) {
	t.Helper()
	for range events {
		for i := range k.channels {
			if err := k.c.send(`{"event":"client-n","channel":%q,"data":"%d"}`, k.channel(i), k.said); err != nil {
				t.Fatal(err)
			}
			k.counted++
		}
		k.said++
	}
}

// handedOver waits until the queue has all that was said: before that a server
// that is killed takes events along which nobody ever had.
func (k *talker) handedOver(t *testing.T) {
	t.Helper()
	until(t, "the queue to have all events", func() bool {
		return metric(t, k.s, "sockudo_webhook_events_total", `type="client_event"`) >= float64(k.counted) &&
			metric(t, k.s, "sockudo_webhook_buffer_bytes", "") == 0 && metric(t, k.s, "sockudo_queue_spill_bytes", "") == 0
	})
}

// killCore kills the server with its plugins and starts it again.
func (k *talker) killCore(t *testing.T) {
	t.Helper()
	if err := k.s.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = k.c.conn.Close()
	if err := k.s.Restart(); err != nil {
		t.Fatal(err)
	}
	k.connect(t)
}

// Two servers share a queue in Redis. While servers, plugins and the receiver are
// killed at random, every event arrives at least once, with one id however often
// it comes, and in the order of its channel.
func TestWebhooksThroughRedisSurviveKills(t *testing.T) {
	const rounds, channels, perRound = 20, 5, 100 // with two talkers 20 000 events
	r, to := testserver.StartRedis(t), newMortal(t)
	talkers := []*talker{{name: "a", channels: channels}, {name: "b", channels: channels}}
	for _, k := range talkers {
		k.s = hookedOnRedis(t, r, "http://"+to.address)
		k.connect(t)
		defer func() { _ = k.c.conn.Close() }()
	}
	for range rounds {
		for _, k := range talkers {
			k.say(t, perRound)
		}
		switch rand.IntN(3) {
		case 0:
			to.kill()
		default:
			killSomePlugin(talkers[rand.IntN(len(talkers))].s)
		}
		for _, k := range talkers {
			k.handedOver(t)
		}
		talkers[rand.IntN(len(talkers))].killCore(t)
		if to.server == nil {
			to.revive(t)
		}
	}
	want := rounds * perRound * channels * len(talkers)
	until(t, "every event", func() bool { return to.count() >= want })
	to.mu.Lock()
	defer to.mu.Unlock()
	for _, w := range to.wrong {
		t.Error(w)
	}
	if len(to.ids) != want {
		t.Errorf("%d events, want %d", len(to.ids), want)
	}
	t.Logf("%d events, %d of them came again", want, to.again)
}

// killSomePlugin kills one of the server's plugins.
func killSomePlugin(s *launch.Server) {
	if all := children(s.PID()); len(all) > 0 {
		_ = syscall.Kill(all[rand.IntN(len(all))], syscall.SIGKILL)
	}
}

// hookedOnRedis starts a server that tells client events through a queue in Redis.
func hookedOnRedis(t *testing.T, r *testserver.Redis, url string) *launch.Server {
	t.Helper()
	app := launch.Demo
	app.Fields = map[string]any{
		"enable_client_messages": true,
		"webhooks":               []any{map[string]any{"url": url, "event_types": []string{"client_event"}}},
	}
	cfg := redisConfig(r)
	cfg["queue"] = map[string]any{
		"driver": "redis", "redis": map[string]any{"concurrency": 50},
		"reliability": map[string]any{"lease_duration_ms": 2000, "lease_renew_interval_ms": 500, "max_attempts": 100},
	}
	cfg["webhooks"] = map[string]any{
		"request_timeout_ms": 2000,
		"retry":              map[string]any{"initial_backoff_ms": 50, "max_backoff_ms": 500, "max_elapsed_time_ms": time.Hour.Milliseconds()},
	}
	return built.Start(t, launch.Options{Apps: []launch.App{app}, Config: cfg})
}

// A receiver that hangs leaves places to others, although the queue gives out
// five jobs at a time only.
func TestAHangingReceiverLeavesPlacesOfTheQueue(t *testing.T) {
	const channels, events = 10, 10
	r, good, slow := testserver.StartRedis(t), newReceiver(t, ok), newReceiver(t, hangs)
	app := launch.Demo
	app.Fields = map[string]any{"enable_client_messages": true, "webhooks": []any{
		map[string]any{"url": slow.URL, "event_types": []string{"client_event"}},
		map[string]any{"url": good.URL, "event_types": []string{"client_event"}},
	}}
	cfg := redisConfig(r, "queue")
	cfg["webhooks"] = map[string]any{"request_timeout_ms": 3_600_000}
	s := built.Start(t, launch.Options{Apps: []launch.App{app}, Config: cfg})
	c := say(t, s.Port, channels, events)
	defer c.conn.Close()
	until(t, "the good receiver to have everything", func() bool { return good.count("client_event") == channels*events })
	good.inOrder(t, "good", channels, events)
	slow.set(ok)
}
