package session

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

// wantCount waits until a count of the app has come to want.
func (n *node) wantCount(t *testing.T, what string, count func(*metrics.AppCounters) *metrics.Count, want uint64) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		got := count(n.opts.Counters("id")).Load()
		if got == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is %d, want %d", what, got, want)
		}
	}
}

func TestFaultsOfConnectionsAreCounted(t *testing.T) {
	guests := func(a *contract.App) { a.Features.AuthorizedConnections = true }
	tests := []struct {
		kind metrics.ErrorType
		edit func(*contract.App)
		do   func(*node, *peer)
	}{
		{metrics.ErrPongTimeout, nil, func(n *node, _ *peer) { n.pass(122); n.pass(31) }},
		{metrics.ErrAuthentication, guests, func(n *node, _ *peer) { n.pass(35) }},
		{metrics.ErrMessageTooBig, nil, func(_ *node, p *peer) {
			_, _ = p.Write([]byte{0x81, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0}) // the head of 2 MiB
		}},
		{metrics.ErrOverQuota, func(a *contract.App) {
			guests(a)
			a.Limits.MaxConnections = new(uint32(1))
		}, func(n *node, p *peer) {
			n.connect(t).join(t, "private-room")
			p.say(`{"event":"pusher:subscribe","data":{"channel":"private-room","auth":%q}}`, sign(p.id+":private-room"))
		}},
		{metrics.ErrBinaryMessage, nil, func(_ *node, p *peer) { p.send(2, "{}") }},
		{metrics.ErrMissingEventName, nil, func(_ *node, p *peer) { p.say("{}") }},
		{metrics.ErrInvalidMessage, nil, func(_ *node, p *peer) { p.say("nonsense") }},
	}
	for _, tt := range tests {
		t.Run(tt.kind.String(), func(t *testing.T) {
			app := demoApp()
			if tt.edit != nil {
				tt.edit(app)
			}
			n := start(t, app)
			tt.do(n, n.connect(t))
			n.wantCount(t, "the count", func(c *metrics.AppCounters) *metrics.Count { return &c.Errors[tt.kind] }, 1)
		})
	}
}

// drain starts Drain and returns a channel that tells whether it ended in time.
func (n *node) drain() <-chan bool {
	done := make(chan bool, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		n.Drain(ctx, 0)
		done <- ctx.Err() == nil
	}()
	return done
}

// slowPlaces has a place for everyone who asks, once it is told to.
type slowPlaces struct{ asked, give chan struct{} }

func (p slowPlaces) Admit(_ string, _ int, answer func(bool)) {
	close(p.asked)
	go func() {
		<-p.give
		answer(true)
	}()
}

func (slowPlaces) Release(string) {}

// slowApps finds apps once it is told to.
type slowApps struct {
	Apps
	asked, give chan struct{}
}

func (a slowApps) ByKey(ctx context.Context, key string) (*apps.Handle, error) {
	close(a.asked)
	<-a.give
	return a.Apps.ByKey(ctx, key)
}

// TestDrainSeesWhoIsOnTheWay has a connection become a session after the drain
// has begun: it is closed like the others, and nothing waits for a timeout.
func TestDrainSeesWhoIsOnTheWay(t *testing.T) {
	tests := map[string]struct {
		slow  func(o *Options, asked, give chan struct{})
		early bool // Drain may end without this connection
		want  string
	}{
		"it waits for a place": {func(o *Options, asked, give chan struct{}) {
			o.Places = slowPlaces{asked, give}
		}, false, "pusher:connection_established"},
		"it waits for its app": {func(o *Options, asked, give chan struct{}) {
			o.Apps = slowApps{o.Apps, asked, give}
		}, true, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			asked, give := make(chan struct{}), make(chan struct{})
			n := startIn(t, demoApp(), nil, nil, func(o *Options) { tt.slow(o, asked, give) })
			p := n.dial(t)
			<-asked
			done := n.drain()
			if tt.early && !<-done {
				t.Error("Drain waited for nobody")
			}
			for !n.draining.Load() {
				runtime.Gosched()
			}
			close(give)
			if tt.want != "" {
				p.wantEvent(t, tt.want)
			}
			p.wantEnd(t, 4200)
			_ = p.Close()
			if !tt.early && !<-done {
				t.Error("Drain lasted until its time was over")
			}
		})
	}
}
