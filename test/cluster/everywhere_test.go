package cluster

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jackfield/jackfield/test/launch"
)

// signIn signs a connection in as the user that these data describe.
func (c *client) signIn(userData string) {
	text, _ := json.Marshal(userData)
	c.send(fmt.Sprintf(`{"event":"pusher:signin","data":{"auth":"%s:%s","user_data":%s}}`,
		launch.Demo.Key, sign(launch.Demo.Secret, c.id+"::user::"+userData), text))
}

// signedIn connects a client to a node and signs it in.
func (w *world) signedIn(node int, userData string) *client {
	w.Helper()
	c := w.connect(node)
	c.signIn(userData)
	w.until("signed in", func() bool { return c.count("pusher:signin_success", "") == 1 })
	return c
}

// subscribed connects a client to a node and lets it into a public channel.
func (w *world) subscribed(node int, channel string) *client {
	w.Helper()
	c := w.connect(node)
	c.subscribe(channel)
	w.until("subscribed", func() bool { return c.in(channel) })
	return c
}

// size is the number of subscriptions of a channel that the client was told last.
func (c *client) size(channel string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sizes[channel]
}

// post makes a call that must succeed.
func (w *world) post(node int, path string, body any) {
	w.Helper()
	text, err := json.Marshal(body)
	if err == nil {
		_, _, err = call(w.nodes[node], http.MethodPost, path, string(text))
	}
	if err != nil {
		w.Fatal(err)
	}
}

type fields map[string]any

func TestAUserIsReachedOnAllNodes(t *testing.T) {
	w := start(t, 3, nil)
	ann := []*client{w.signedIn(0, `{"id":"ann"}`), w.signedIn(1, `{"id":"ann"}`)}
	ben := w.signedIn(1, `{"id":"ben"}`)
	const channel = "#server-to-user-ann"
	w.post(2, "/events", fields{"name": "news", "channel": channel, "data": "hello"})
	for _, c := range ann {
		w.until("the event for ann", func() bool { return c.got(channel, "hello") })
	}
	w.post(2, "/events", fields{"name": "news", "channel": channel, "data": "bye"})
	w.post(2, "/users/ann/terminate_connections", fields{})
	for _, c := range ann {
		w.until("ann closed", func() bool { return !c.here() })
		if n := c.count("pusher:error", ""); n != 1 || !c.got(channel, "bye") {
			t.Errorf("a connection of ann was told %d errors, and of the last event: %v", n, c.got(channel, "bye"))
		}
	}
	w.post(2, "/events", fields{"name": "news", "channel": "#server-to-user-ben", "data": "still here"})
	w.until("the event for ben", func() bool { return ben.got("#server-to-user-ben", "still here") })
	if ben.count("news", channel) > 0 {
		t.Error("ben got what was for ann")
	}
}

func TestTheExcludedSocketMayBeOnAnyNode(t *testing.T) {
	w := start(t, 3, nil)
	var all []*client
	for node := range w.nodes {
		all = append(all, w.subscribed(node, "room"))
	}
	for i, left := range all {
		// Through the node of that socket, and through another.
		for _, node := range []int{i, (i + 1) % 3} {
			text := fmt.Sprintf("not for %d through %d", i, node)
			w.post(node, "/events", fields{"name": "news", "channel": "room", "data": text, "socket_id": left.id})
			w.post(node, "/events", fields{"name": "news", "channel": "room", "data": "after " + text})
			for _, c := range all {
				w.until("what follows", func() bool { return c.got("room", "after "+text) })
				if c.got("room", text) == (c == left) {
					t.Errorf("%q: a client of node %d got it: %v", text, c.node, c.got("room", text))
				}
			}
		}
	}
}

func TestAChannelIsCachedForAllNodes(t *testing.T) {
	w := start(t, 3, nil)
	first := w.subscribed(0, "cache-room")
	w.until("told that there is nothing", func() bool { return first.count("pusher:cache_miss", "cache-room") == 1 })
	w.post(1, "/events", fields{"name": "news", "channel": "cache-room", "data": "last"})
	w.until("the event", func() bool { return first.got("cache-room", "last") })
	for node := range w.nodes {
		late := w.subscribed(node, "cache-room")
		w.until("the cached event", func() bool { return late.got("cache-room", "last") })
		w.post((node+1)%3, "/events", fields{"name": "other", "channel": "cache-room", "data": "last"})
		w.until("what follows", func() bool { return late.count("other", "cache-room") > 0 })
		if n := late.count("news", "cache-room"); n > 1 || late.count("pusher:cache_miss", "cache-room") > 0 {
			t.Errorf("a client of node %d got the cached event %d times", node, n)
		}
	}
}

// Within a second, misses of all nodes are one.
func TestMissesOfAllNodesAreToldOnce(t *testing.T) {
	const channel = "cache-room"
	w := start(t, 3, nil)
	for i := range 9 {
		w.connect(i % 3)
	}
	began := time.Now()
	for _, c := range w.clients {
		c.subscribe(channel)
	}
	for _, c := range w.clients {
		w.until("told that there is nothing", func() bool { return c.count("pusher:cache_miss", channel) == 1 })
	}
	most := 1 + int(time.Since(began)/time.Second)
	for _, c := range w.clients {
		c.close()
	}
	w.until("the channel vacated", func() bool { return w.hooks.count("channel_vacated", channel, "") == 1 })
	w.until("the webhook", func() bool { return w.hooks.count("cache_miss", channel, "") > 0 })
	if n := w.hooks.count("cache_miss", channel, ""); n > most {
		t.Errorf("%d webhooks about misses, want at most %d", n, most)
	}
}

func TestSubscribersAreToldTheNumberOfAllNodes(t *testing.T) {
	w := start(t, 3, nil)
	var all []*client
	for i := range 6 {
		all = append(all, w.subscribed(i%3, "room"))
	}
	told := func(n int, whom []*client) {
		t.Helper()
		want := fmt.Sprintf(`{"subscription_count":%d}`, n)
		for _, c := range whom {
			w.until("told "+want, func() bool { return c.size("room") == want })
		}
	}
	told(6, all)
	all[5].close()
	told(5, all[:5])
}

func TestEveryNodeListsTheChannelsOfAll(t *testing.T) {
	w := start(t, 3, nil)
	w.subscribed(0, "room")
	w.subscribed(1, "room")
	w.subscribed(1, "other")
	for i, user := range []string{"ann", "ben", "ann"} {
		w.enter(i, "presence-x", user)
	}
	for path, want := range map[string]string{
		"/channels":                         `{"channels":{"other":{},"presence-x":{},"room":{}}}`,
		"/channels?info=subscription_count": `{"channels":{"other":{"subscription_count":1},"presence-x":{"subscription_count":3},"room":{"subscription_count":2}}}`,
		"/channels?filter_by_prefix=presence-&info=user_count": `{"channels":{"presence-x":{"user_count":2}}}`,
		"/channels/room?info=subscription_count":               `{"occupied":true,"subscription_count":2}`,
		"/channels/presence-x?info=user_count":                 `{"occupied":true,"user_count":2}`,
		"/channels/presence-x/users":                           `{"users":[{"id":"ann"},{"id":"ben"}]}`,
		"/connections":                                         `{"connections":6}`,
	} {
		for i, n := range w.nodes {
			w.until(fmt.Sprintf("%s from node %d", path, i), func() bool {
				answer, _, err := call(n, http.MethodGet, path, "")
				return err == nil && sameJSON(answer, want)
			})
		}
	}
}

// sameJSON compares documents; users of a channel stand in no order.
func sameJSON(answer []byte, want string) bool {
	var a, b any
	if json.Unmarshal(answer, &a) != nil || json.Unmarshal([]byte(want), &b) != nil {
		return false
	}
	return cmp.Equal(a, b, cmpopts.SortSlices(func(a, b any) bool { return fmt.Sprint(a) < fmt.Sprint(b) }))
}

// Who watches users is told of the first connection and the last one of each,
// wherever these are.
func TestWhoWatchesIsToldOfUsersOnAllNodes(t *testing.T) {
	w := start(t, 3, fields{"enable_watchlist_events": true})
	const online, offline = `{"events":[{"name":"online","user_ids":["ben"]}]}`, `{"events":[{"name":"offline","user_ids":["ben"]}]}`
	early := w.signedIn(0, `{"id":"ann","watchlist":["ben"]}`)
	w.until("told that ben is away", func() bool { return early.got("", offline) })
	ben := []*client{w.signedIn(1, `{"id":"ben"}`), w.signedIn(2, `{"id":"ben"}`)}
	w.until("told that ben is there", func() bool { return early.got("", online) })
	late := w.signedIn(2, `{"id":"cat","watchlist":["ben"]}`)
	w.until("told that ben is there", func() bool { return late.got("", online) })
	ben[0].close()
	w.until("one connection less", func() bool { return w.connections(0) == 3 })
	ben[1].close()
	w.until("told that ben has gone", func() bool { return late.got("", offline) })
	w.until("told that ben has gone", func() bool { return early.count(watched, "") == 3 })
	if n := late.count(watched, ""); n != 2 {
		t.Errorf("the second watcher was told %d times, want 2", n)
	}
}

const watched = "pusher_internal:watchlist_events"

// connections is how many an app has, by the API of a node.
func (w *world) connections(node int) int {
	answer, _, err := call(w.nodes[node], http.MethodGet, "/connections", "")
	var a struct{ Connections int }
	if err != nil || json.Unmarshal(answer, &a) != nil {
		return -1
	}
	return a.Connections
}

// Requests with one idempotency key that come to all nodes in one moment are one.
func TestAPublishToAllNodesInOneMomentIsOne(t *testing.T) {
	w := start(t, 3, nil)
	hears := w.subscribed(2, "news")
	const rounds = 5
	for round := range rounds {
		body := fmt.Sprintf(`{"name":"news","channel":"news","data":"%d","idempotency_key":"k%d"}`, round, round)
		var wg sync.WaitGroup
		for _, n := range w.nodes {
			wg.Go(func() {
				// Who waited too long for the first is told to come again.
				w.until("an answer", func() bool { _, _, err := call(n, http.MethodPost, "/events", body); return err == nil })
			})
		}
		wg.Wait()
		w.reached(hears, "news", fmt.Sprint("after ", round))
	}
	if n := hears.count("news", "news"); n != rounds {
		t.Errorf("%d messages came, want %d", n, rounds)
	}
}

// reached waits for a message of each node, which follow all that it has said.
func (w *world) reached(c *client, channel, text string) {
	w.Helper()
	for i := range w.nodes {
		said := fmt.Sprint(text, " from ", i)
		w.post(i, "/events", fields{"name": "mark", "channel": channel, "data": said})
		w.until(said, func() bool { return c.got(channel, said) })
	}
}
