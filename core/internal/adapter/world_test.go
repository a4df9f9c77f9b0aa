package adapter

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/replica"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
	"github.com/jackfield/jackfield/test/history"
)

const patience = 30 * time.Second

// world is a bus and the nodes on it, in real time.
type world struct {
	*testing.T
	bus   *plugintest.ReferenceBus
	nodes []*testNode
	*backEnd
}

// backEnd is what the webhooks of all nodes are told; a nil one is none.
type backEnd struct {
	mu    sync.Mutex
	told  history.Announcements
	wrong error
	count map[replica.AnnouncementKind]int // with ids of their own
	ids   map[string]bool
}

// Report implements Webhooks.
func (b *backEnd) Report(_ context.Context, all []*replica.Announcement) error {
	names := map[replica.AnnouncementKind]string{
		replica.Occupied: "channel_occupied", replica.Vacated: "channel_vacated", replica.MemberAdded: "member_added",
		replica.MemberRemoved: "member_removed", replica.SignedIn: "user_signed_in", replica.SignedOut: "user_signed_out",
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range all {
		id := fmt.Sprint(a.ID, a.Kind)
		if !b.ids[id] {
			b.ids[id] = true
			b.count[a.Kind]++
		}
		err := b.told.Add(history.Announcement{ID: id, Name: names[a.Kind], Channel: a.Channel, User: a.User})
		if err != nil && b.wrong == nil {
			b.wrong = err
		}
	}
	return nil
}

func (b *backEnd) counted(kind replica.AnnouncementKind) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count[kind]
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func newWorld(t *testing.T, nodes int) *world {
	w := &world{T: t, bus: plugintest.NewReferenceBus(wallClock{})}
	w.backEnd = &backEnd{count: map[replica.AnnouncementKind]int{}, ids: map[string]bool{}}
	t.Cleanup(func() {
		if w.wrong != nil {
			t.Error(w.wrong)
		}
	})
	for i := range nodes {
		w.addNode(fmt.Sprint("n", i+1))
	}
	return w
}

// testNode is a node with its hub.
type testNode struct {
	*Node
	t       *testing.T
	hub     *hub.Hub
	adapter *watchedAdapter
	changed chan contract.AppChange
	users   *onlineUsers
	told    *backEnd
}

// onlineUsers keeps who is signed in anywhere.
type onlineUsers struct {
	mu  sync.Mutex
	all []string
}

func (o *onlineUsers) SignedIn(app, user string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, "+"+app+"/"+user)
}

func (o *onlineUsers) SignedOut(app, user string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, "-"+app+"/"+user)
}

func (o *onlineUsers) list() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.all)
}

// watchedAdapter remembers the incarnation of the last session, for faults.
type watchedAdapter struct {
	contract.Adapter
	mu   sync.Mutex
	last string
}

func (a *watchedAdapter) Open(ctx context.Context, node contract.NodeInfo) (contract.AdapterSession, error) {
	s, err := a.Adapter.Open(ctx, node)
	if err == nil {
		a.mu.Lock()
		a.last = node.Incarnation
		a.mu.Unlock()
	}
	return s, err
}

func (a *watchedAdapter) incarnation() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

func (w *world) addNode(id string) *testNode {
	w.Helper()
	began := time.Now()
	now := func() time.Duration { return time.Hour + time.Since(began) }
	n := &testNode{t: w.T, adapter: &watchedAdapter{Adapter: w.bus}, changed: make(chan contract.AppChange, 10), users: &onlineUsers{}, told: w.backEnd}
	n.Node = New(Options{
		Adapter: n.adapter, ID: id, Now: now, Logger: hclog.NewNullLogger(),
		Lease: 2 * time.Second, Heartbeat: 300 * time.Millisecond, Cleanup: 300 * time.Millisecond,
		Webhooks: n.told, Online: n.users, AppChanged: func(c contract.AppChange) { n.changed <- c },
	})
	n.hub = hub.New(hub.Options{
		Shards: 2, LogBytes: 8 << 20, LogAge: time.Hour, Now: now, Cluster: n.Node, CountEvery: time.Hour,
	})
	n.hub.Start()
	if err := n.Start(w.Context(), n.hub); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		n.Stop(ctx)
		n.hub.Stop()
	})
	w.nodes = append(w.nodes, n)
	return n
}

// until waits for a condition.
func (w *world) until(what string, ok func() bool) {
	w.Helper()
	for deadline := time.Now().Add(patience); !ok(); {
		if time.Now().After(deadline) {
			w.Fatalf("waited in vain for %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// client is a connection: it keeps the payloads that it is sent.
type client struct {
	node *testNode
	sub  *hub.Subscriber
	mu   sync.Mutex
	got  []string
	gone chan struct{}
}

func (n *testNode) client() *client {
	id, _ := pusher.NewSocketID(rand.Reader)
	c := &client{node: n, gone: make(chan struct{}, 1)}
	c.sub = n.hub.App("app").NewSubscriber(id, c, n.hub.NextShard())
	c.sub.Owner = c
	return c
}

// Terminate implements hub.Terminator.
func (c *client) Terminate() { c.gone <- struct{}{} }

// Send implements hub.Sink.
func (c *client) Send(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(b) > 0 {
		n := frame.Size(b)
		c.got = append(c.got, string(frame.Payload(b[:n])))
		b = b[n:]
	}
}

func (c *client) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

// events are the payloads that are no acknowledgements and no counts.
func (c *client) events() []string {
	return slices.DeleteFunc(c.heard(), func(s string) bool { return strings.Contains(s, `"pusher`) })
}

func kindOf(t *testing.T, name string) pusher.Channel {
	t.Helper()
	k, err := pusher.ParseChannel(name, 0)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// join joins a channel as sessions do.
func (c *client) join(name string, who *pusher.Member, limit int) (*hub.Membership, error) {
	t := c.node.t
	t.Helper()
	kind := kindOf(t, name)
	done := make(chan error, 1)
	r, ready := c.sub.Reserve(kind, who, limit, func(err error) { done <- err })
	defer r.Release()
	if !ready {
		select {
		case err := <-done:
			if err != nil {
				return nil, err
			}
		case <-time.After(patience):
			t.Fatalf("nobody answered the reservation of %s", name)
		}
	}
	return c.sub.Join(kind, who, limit)
}

func (c *client) mustJoin(name string) *hub.Membership {
	c.node.t.Helper()
	m, err := c.join(name, nil, 0)
	if err != nil {
		c.node.t.Fatal(err)
	}
	return m
}

func (c *client) enter(name, user string) *hub.Membership {
	c.node.t.Helper()
	m, err := c.join(name, &pusher.Member{UserID: user, Info: []byte(`{"of":"` + user + `"}`)}, 0)
	if err != nil {
		c.node.t.Fatal(err)
	}
	return m
}

func text(payload string) []byte { return frame.AppendText(nil, []byte(payload)) }
