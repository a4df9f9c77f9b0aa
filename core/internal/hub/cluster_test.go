package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// clusterNode is a hub that is joined to others through an adapter: what its
// observer sees becomes state, occupied channels become topics, and what comes
// from the others is delivered here.
type clusterNode struct {
	*bench
	t       *testing.T
	session contract.AdapterSession
	name    string
	version uint64
	todo    []func()        // observed, not yet told
	members map[string]bool // the node's view of presence-room
	firsts  int             // transitions of users seen in the sequence
	lasts   int
}

func joinCluster(t *testing.T, bus contract.Adapter, name string) *clusterNode {
	t.Helper()
	n := &clusterNode{bench: newBench(2), t: t, name: name, members: map[string]bool{}}
	n.Hub.opts.Observer = n
	session, err := bus.Open(context.Background(), contract.NodeInfo{
		ID: name, Incarnation: name + "@1", Lease: 10 * time.Second, Cells: 1, Reads: 1, Writes: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.session = session
	t.Cleanup(func() { _ = session.Close() })
	return n
}

func topic(app, channel string) contract.Topic { return contract.Topic{Name: app + "/" + channel} }

func (n *clusterNode) SignedIn(string, string)               {}
func (n *clusterNode) SignedOut(string, string)              {}
func (n *clusterNode) SubscriptionCount(string, string, int) {}

func (n *clusterNode) Occupied(app, channel string) {
	n.todo = append(n.todo, func() { n.must(n.session.Subscribe(context.Background(), []contract.Topic{topic(app, channel)})) })
}

func (n *clusterNode) Vacated(app, channel string) {
	n.todo = append(n.todo, func() { n.must(n.session.Unsubscribe(context.Background(), []contract.Topic{topic(app, channel)})) })
}

func (n *clusterNode) MemberAdded(app, channel, user string, info []byte) {
	n.todo = append(n.todo, func() { n.apply(app, channel, user, info, true) })
}

func (n *clusterNode) MemberRemoved(app, channel, user string) {
	n.todo = append(n.todo, func() { n.apply(app, channel, user, nil, false) })
}

func (n *clusterNode) apply(app, channel, user string, info []byte, present bool) {
	n.version++
	_, err := n.session.Apply(context.Background(), contract.ApplyRequest{Version: n.version, Changes: []contract.Change{{
		Key:  contract.StateKey{Kind: contract.StatePresence, App: app, Name: channel},
		User: user, Info: info, Present: present,
	}}})
	n.must(err)
}

func (n *clusterNode) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatalf("%s: %v", n.name, err)
	}
}

// tell brings to the cluster what the observer saw.
func (n *clusterNode) tell() {
	for _, f := range n.todo {
		f()
	}
	n.todo = nil
}

// send publishes here and to the other nodes.
func (n *clusterNode) send(channel, payload string) {
	n.publish(n.t, "app", msg(channel, payload))
	n.must(n.session.Publish(context.Background(), []contract.BusMessage{{Topic: topic("app", channel), Body: []byte(payload)}}))
}

// hear takes all events that wait.
func (n *clusterNode) hear() {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		events, err := n.session.Receive(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		n.must(err)
		for _, e := range events {
			n.take(e)
		}
	}
}

func (n *clusterNode) take(e contract.AdapterEvent) {
	switch {
	case e.Message != nil:
		n.publish(n.t, "app", Message{Channel: e.Message.Topic.Name[len("app/"):], Frame: frame.AppendText(nil, e.Message.Body)})
	case e.State != nil && e.State.Result.First:
		n.firsts++
		n.members[e.State.Change.User] = true
	case e.State != nil && e.State.Result.Last:
		n.lasts++
		delete(n.members, e.State.Change.User)
	}
}

func (n *clusterNode) enter(user string) *Membership {
	s, _ := n.client("app")
	m, err := s.Join(kind("presence-room"), &pusher.Member{UserID: user, Info: []byte(`{}`)}, 0)
	n.must(err)
	return m
}

// The contract of the adapter carries what several hubs need: messages reach the
// subscribers of all nodes once and in order, every node's view of the members
// is the union of what the hubs hold, each transition is told once, and a node
// that dies gives everything back.
func TestThreeHubsAreOneThroughTheReferenceAdapter(t *testing.T) {
	clock := plugintest.NewClock()
	bus := plugintest.NewReferenceBus(clock)
	nodes := []*clusterNode{joinCluster(t, bus, "a"), joinCluster(t, bus, "b"), joinCluster(t, bus, "c")}
	all := func(f func(n *clusterNode)) {
		for _, n := range nodes {
			f(n)
		}
	}
	var readers []*recorder
	all(func(n *clusterNode) {
		s, r := n.client("app")
		mustJoin(t, s, "news")
		readers = append(readers, r)
	})
	all((*clusterNode).tell)
	for i := range 5 {
		nodes[0].send("news", fmt.Sprintf("a%d", i))
	}
	nodes[1].send("nobody-listens", "x")
	all((*clusterNode).hear)
	all(func(n *clusterNode) { n.work() })
	for i, r := range readers {
		if diff := cmp.Diff([]string{ack("news"), "a0", "a1", "a2", "a3", "a4"}, r.take()); diff != "" {
			t.Errorf("reader on node %d: %s", i, diff)
		}
	}

	ann := nodes[0].enter("ann")
	nodes[1].enter("ann") // a second connection of hers, elsewhere
	ben := nodes[2].enter("ben")
	all((*clusterNode).tell)
	ann.Leave()
	nodes[1].enter("cid")
	all((*clusterNode).tell)
	want := func(users ...string) {
		t.Helper()
		all((*clusterNode).hear)
		all(func(n *clusterNode) {
			if diff := cmp.Diff(users, slices.Sorted(maps.Keys(n.members))); diff != "" {
				t.Errorf("view of %s: %s", n.name, diff)
			}
		})
	}
	want("ann", "ben", "cid")
	if nodes[0].firsts != 3 || nodes[0].lasts != 0 {
		t.Errorf("%d firsts and %d lasts, want 3 and 0", nodes[0].firsts, nodes[0].lasts)
	}

	// Node b dies: its lease ends and a survivor gives back what it held.
	dead := nodes[1]
	nodes = []*clusterNode{nodes[0], nodes[2]}
	for range 6 {
		clock.Advance(2500 * time.Millisecond)
		all(func(n *clusterNode) { n.must(n.session.Renew(context.Background())) })
	}
	gone, err := nodes[0].session.Reap(context.Background())
	if err != nil || !slices.Equal(gone, []string{"b@1"}) {
		t.Fatalf("reaped %v, %v", gone, err)
	}
	want("ben")
	if err := dead.session.Renew(context.Background()); !errors.Is(err, contract.ErrFenced) {
		t.Errorf("the dead node renewed its lease: %v", err)
	}
	ben.Leave()
	all((*clusterNode).tell)
	want()
	all(func(n *clusterNode) {
		if n.firsts != 3 || n.lasts != 3 {
			t.Errorf("%s saw %d firsts and %d lasts, want 3 and 3", n.name, n.firsts, n.lasts)
		}
	})
}
