package session

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/internal/adapter"
	"github.com/jackfield/jackfield/core/internal/watchlist"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// startCluster starts nodes that are one.
func startCluster(t *testing.T, app *contract.App, nodes int) []*node {
	bus := plugintest.NewReferenceBus(wallClock{})
	var all []*node
	for i := range nodes {
		began := time.Now()
		online := watchlist.New()
		t.Cleanup(online.Stop)
		others := adapter.New(adapter.Options{
			Adapter: bus, ID: fmt.Sprint("n", i), Logger: hclog.NewNullLogger(), Online: online,
			Lease: time.Minute, Heartbeat: time.Second, Cleanup: time.Second,
			Now:        func() time.Duration { return time.Hour + time.Since(began) },
			AppChanged: func(contract.AppChange) {},
		})
		all = append(all, startIn(t, app, nil, others))
	}
	return all
}

func (p *peer) enter(t testing.TB, channel, user string) event {
	t.Helper()
	data := fmt.Sprintf(`{"user_id":%q}`, user)
	p.say(`{"event":"pusher:subscribe","data":{"channel":%q,"auth":%q,"channel_data":%q}}`, channel, sign(p.id+":"+channel+":"+data), data)
	for {
		if e := p.event(t); !strings.Contains(e.Event, "member_") {
			return e
		}
	}
}

func TestFramesWaitForTheClusterInOrder(t *testing.T) {
	nodes := startCluster(t, demoApp(), 2)
	p, q := nodes[0].connect(t), nodes[1].connect(t)
	for i := range 50 {
		p.say(`{"event":"pusher:subscribe","data":{"channel":"room-%d"}}`, i)
		p.say(`{"event":"pusher:ping"}`)
	}
	for i := range 50 {
		if e := p.wantEvent(t, "pusher_internal:subscription_succeeded"); e.Channel != fmt.Sprint("room-", i) {
			t.Fatalf("answer for %s", e.Channel)
		}
		p.wantEvent(t, "pusher:pong")
	}
	p.join(t, "private-talk")
	q.join(t, "private-talk")
	q.say(`{"event":"client-hello","channel":"private-talk","data":"hi"}`)
	p.wantEvent(t, "client-hello")
	if e := p.enter(t, "presence-x", "ann"); e.Event != "pusher_internal:subscription_succeeded" {
		t.Fatalf("answered %+v", e)
	}
	if e := q.enter(t, "presence-x", "ben"); e.Event != "pusher_internal:subscription_succeeded" || !strings.Contains(string(e.Data), "ann") {
		t.Fatalf("answered %+v", e)
	}
	p.wantEvent(t, "pusher_internal:member_added")
	q.signIn(t, `{"id":"ben"}`)
}

func TestAFullPresenceChannelIsFullOnAllNodes(t *testing.T) {
	app, most := demoApp(), uint32(1)
	app.Limits.MaxPresenceMembersPerChan = &most
	nodes := startCluster(t, app, 2)
	p, q := nodes[0].connect(t), nodes[1].connect(t)
	p.enter(t, "presence-x", "ann")
	if e := q.enter(t, "presence-x", "ben"); e.Event != "pusher:subscription_error" {
		t.Errorf("answered %+v", e)
	}
}

func TestTheQuotaIsThatOfAllNodes(t *testing.T) {
	app, most := demoApp(), uint32(5)
	app.Limits.MaxConnections = &most
	nodes := startCluster(t, app, 2)
	var admitted atomic.Int32
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if nodes[i%2].dial(t).event(t).Event == "pusher:connection_established" {
				admitted.Add(1)
			}
		})
	}
	wg.Wait()
	if admitted.Load() != 5 {
		t.Errorf("%d clients found one of 5 places", admitted.Load())
	}
}

// A guest takes its place when it proves who it is; the frame that proves it
// waits for the place and is then answered, once.
func TestGuestsFindPlacesOnAllNodes(t *testing.T) {
	app, most := demoApp(), uint32(2)
	app.Limits.MaxConnections = &most
	app.Features.AuthorizedConnections = true
	nodes := startCluster(t, app, 2)
	a, b, c := nodes[0].connect(t), nodes[1].connect(t), nodes[0].connect(t)
	a.join(t, "private-x")
	a.join(t, "private-y")
	b.signIn(t, `{"id":"ann"}`)
	c.say(`{"event":"pusher:subscribe","data":{"channel":"private-x","auth":%q}}`, sign(c.id+":private-x"))
	c.wantEnd(t, 4004)
	_ = a.Close()
	for { // until the place was given back
		d := nodes[1].connect(t)
		d.say(`{"event":"pusher:subscribe","data":{"channel":"private-x","auth":%q}}`, sign(d.id+":private-x"))
		if d.event(t).Event == "pusher_internal:subscription_succeeded" {
			return
		}
	}
}

func TestAClientMayGoWhileItWaitsForTheCluster(t *testing.T) {
	nodes := startCluster(t, demoApp(), 2)
	for i := range 50 {
		p := nodes[i%2].connect(t)
		data := `{"user_id":"ann"}`
		p.say(`{"event":"pusher:subscribe","data":{"channel":"presence-x","auth":%q,"channel_data":%q}}`, sign(p.id+":presence-x:"+data), data)
		p.say(`{"event":"pusher:subscribe","data":{"channel":"room"}}`)
		_ = p.Close()
	}
}
