package cluster

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// regulars keep users in a channel: whose connection ends, connects anew, to
// whatever node takes it.
type regulars struct {
	*world
	mu   sync.Mutex
	live map[string]*client
	stop chan struct{}
	wg   sync.WaitGroup
}

func newRegulars(w *world) *regulars {
	return &regulars{world: w, live: map[string]*client{}, stop: make(chan struct{})}
}

func (r *regulars) come(user, channel string, first int) {
	r.stay(user, launch.Demo.Key, first, func(c *client) { c.enter(channel, user) })
}

// stay keeps a connection to an app, which begins with hello.
func (r *regulars) stay(name, key string, first int, hello func(*client)) {
	r.wg.Go(func() {
		for node := first; ; node++ {
			c, err := dial(r.nodes[node%len(r.nodes)].Port, key)
			if err == nil {
				c.node = node % len(r.nodes)
				hello(c)
				r.mu.Lock()
				r.clients = append(r.clients, c)
				r.live[name] = c
				r.mu.Unlock()
				select {
				case <-c.done:
				case <-r.stop:
				}
			}
			select {
			case <-r.stop:
				return
			default:
			}
		}
	})
}

// settle waits until all are in, and ends the connecting.
func (r *regulars) settle(channel string, users []string) {
	r.Helper()
	r.until("all in again", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return !slices.ContainsFunc(users, func(u string) bool { return r.live[u] == nil || !r.live[u].in(channel) })
	})
}

// leave closes all connections and makes no more.
func (r *regulars) leave() {
	close(r.stop)
	r.wg.Wait()
	for _, c := range r.clients {
		c.close()
	}
}

// Three nodes are restarted in turn while their clients connect anew elsewhere: all
// agree after each, and when the clients have gone, nobody is left behind.
func TestARollingRestartLeavesNobodyBehind(t *testing.T) {
	const channel = "presence-x"
	w := start(t, 3, nil)
	r := newRegulars(w)
	var users []string
	for i := range 12 {
		users = append(users, fmt.Sprintf("user%02d", i))
		r.come(users[i], channel, i)
	}
	r.settle(channel, users)
	for i, n := range w.nodes {
		if err := n.Stop(); err != nil {
			t.Fatalf("node %d: %v", i, err)
		}
		r.settle(channel, users)
		if err := n.Restart(); err != nil {
			t.Fatalf("node %d: %v", i, err)
		}
		r.mu.Lock()
		w.agree(channel, slices.Clone(users)...)
		r.mu.Unlock()
	}
	w.settled(channel, users...)
	r.leave()
	w.agree(channel)
	w.settled(channel)
	w.until("the channel vacated", func() bool { return w.hooks.count("channel_vacated", channel, "") == 1 })
}

// A publish that is repeated at another node is answered and not published again,
// also when the first node is gone.
func TestAPublishIsRepeatedAtAnotherNode(t *testing.T) {
	w := start(t, 3, nil)
	hears := w.connect(2)
	hears.subscribe("news")
	w.until("the subscriber", func() bool { return hears.in("news") })
	body, _ := json.Marshal(map[string]string{"name": "news", "channel": "news", "data": "once", "idempotency_key": "k"})
	say := func(node int) {
		if _, _, err := call(w.nodes[node], http.MethodPost, "/events", string(body)); err != nil {
			t.Fatalf("node %d: %v", node, err)
		}
	}
	say(0)
	say(1)
	if err := w.nodes[0].Stop(); err != nil {
		t.Fatal(err)
	}
	say(2)
	say(1)
	for _, n := range w.nodes[1:] {
		text := fmt.Sprint("after it ", n.Port)
		if _, err := publish(n, "news", text); err != nil {
			t.Fatal(err)
		}
		w.until("the message after it", func() bool { return hears.got("news", text) })
	}
	w.until("the message", func() bool { return hears.got("news", "once") })
	if n := hears.count("news", "news"); n != 3 {
		t.Errorf("%d messages came, want 3", n)
	}
}
