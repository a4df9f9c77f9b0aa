package cluster

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/jackfield/jackfield/sdk/testserver"
)

// throughProxy is a way to a Redis that a test can cut.
func throughProxy(t *testing.T, redis *testserver.Redis) (way, *toxiproxy.Proxy) {
	t.Helper()
	proxies := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	port := testserver.Port(t)
	proxy := toxiproxy.NewProxy(proxies, "redis", fmt.Sprint("127.0.0.1:", port), redis.Addr)
	if err := proxies.Collection.Add(proxy, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return straight(port), proxy
}

// cut has nothing pass in either direction; connections stay open, and new ones
// can be made.
func cut(t *testing.T, proxy *toxiproxy.Proxy) (mend func()) {
	t.Helper()
	ways := []string{"upstream", "downstream"}
	for _, stream := range ways {
		text := `{"name":"` + stream + `","type":"timeout","stream":"` + stream + `","attributes":{"timeout":0}}`
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		t.Helper()
		for _, stream := range ways {
			if err := proxy.Toxics.RemoveToxic(t.Context(), stream); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A node that is cut off for longer than its lease goes on for its own clients and
// closes none. The others are told that its members are gone, and that they are
// there again; nobody else is told anything.
func TestANodeThatIsCutOffGoesOnAlone(t *testing.T) {
	redis := testserver.StartRedis(t)
	through, proxy := throughProxy(t, redis)
	w := startOver(t, []way{through, straight(redis.Port), straight(redis.Port)}, nil)
	for i, user := range []string{"ann", "ben", "cid"} {
		w.enter(i, "presence-x", user)
	}
	ann, ben := w.clients[0], w.clients[1]
	local := w.connect(0)
	local.subscribe("news")
	w.until("the local subscriber", func() bool { return local.in("news") })
	w.agree("presence-x", "ann", "ben", "cid")
	w.settled("presence-x", "ann", "ben", "cid")

	mend := cut(t, proxy)
	w.untilGone(local)
	if got := ann.members("presence-x"); !slices.Equal(got, []string{"ann", "ben", "cid"}) {
		t.Errorf("a client of the node that is cut off has the members %v", got)
	}
	w.until("the webhook about ann", func() bool { return w.hooks.count("member_removed", "presence-x", "ann") == 1 })
	w.enter(0, "presence-x", "dan") // whom nobody else hears of for now
	mend()
	w.agree("presence-x", "ann", "ben", "cid", "dan")
	w.settled("presence-x", "ann", "ben", "cid", "dan")
	w.reaches("presence-x")
	w.undisturbed("presence-x", []*client{ann})
	if n := w.hooks.count("member_added", "presence-x", "ann"); n != 2 {
		t.Errorf("%d webhooks told that ann has come, want 2", n)
	}
	added := ben.count("pusher_internal:member_added", "presence-x")
	if removed := ben.count("pusher_internal:member_removed", "presence-x"); removed != 1 || added < 2 {
		t.Errorf("ben was told %d removals and %d additions", removed, added)
	}
}

// untilGone uses node 0, which is cut off, until the other nodes have given ann
// back.
func (w *world) untilGone(local *client) {
	w.Helper()
	var answers []time.Duration
	said := 0
	w.until("ann given back", func() bool {
		took, err := publish(w.nodes[0], "news", fmt.Sprint(said))
		_, look, err2 := call(w.nodes[0], http.MethodGet, "/channels/presence-x/users", "")
		if err != nil || err2 != nil {
			w.Fatalf("the node that is cut off: %v, %v", err, err2)
		}
		answers = append(answers, took, look)
		said++
		users, err := usersOf(w.nodes[1], "presence-x")
		return err == nil && slices.Equal(users, []string{"ben", "cid"})
	})
	w.until("what was said while cut off", func() bool { return local.count("news", "news") == said })
	slices.Sort(answers)
	usual, slowest := answers[len(answers)/2], answers[len(answers)-1]
	w.Logf("while cut off, %d calls were answered in %v, the slowest in %v", len(answers), usual, slowest)
	if usual > time.Second {
		w.Errorf("a node that is cut off answers in %v as a rule", usual)
	}
	for i, c := range w.clients {
		if c.node == 0 && !c.here() {
			w.Errorf("client %d of the node that is cut off was closed", i)
		}
	}
}
