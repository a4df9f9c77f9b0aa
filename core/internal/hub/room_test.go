package hub

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

// slowest remembers the longest way from a log to the sockets.
type slowest struct{ lag time.Duration }

func (*slowest) Delivered(int, int, int)        {}
func (s *slowest) Lag(_ int, lag time.Duration) { s.lag = max(s.lag, lag) }

func (*slowest) Broadcast(pusher.Channel, int, time.Duration) {}

// A log that is filled four times as fast as it is emptied refuses what it could
// not deliver in time, although its oldest entry is young.
func TestALogTakesNoMoreThanItCanDeliverInTime(t *testing.T) {
	b := newBench(1)
	seen := &slowest{}
	b.opts.Counters = func(string) Counters { return seen }
	b.opts.LogBytes = 8 << 20
	for range turnBytes / joinBytes {
		s, _ := b.client("app")
		mustJoin(t, s, "room")
	}
	b.work()
	// A turn delivers a group of 64 KiB in 100 ms; meanwhile four times as much comes.
	m := []Message{msg("room", strings.Repeat("x", joinBytes-64))}
	refused := 0
	for range 200 {
		for range 4 {
			if b.TryPublish("app", m) != nil {
				refused++
			}
		}
		b.serveOnce(100 * time.Millisecond)
	}
	if refused < 500 {
		t.Errorf("%d of 800 messages were refused, want about 600", refused)
	}
	if limit := b.opts.LogAge + b.opts.LogAge/2; seen.lag > limit {
		t.Errorf("a message was delivered after %v, want at most %v", seen.lag, limit)
	}
}

// serveOnce lets the worker have one turn that takes a while.
func (b *bench) serveOnce(took time.Duration) {
	s := b.shards[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	b.now += took
	if len(s.ready) > 0 {
		s.serve()
	}
}

func (b *bench) hubLog(app string) *log { return b.App(app).logs[0] }

// Of many publishers that wait, a little room wakes few.
func TestRoomWakesAsManyPublishersAsFit(t *testing.T) {
	b := newBench(1)
	s, _ := b.client("app")
	mustJoin(t, s, "room")
	b.work()
	third := msg("room", strings.Repeat("x", 340<<10))
	for range 3 {
		b.publish(t, "app", third)
	}
	l := b.hubLog("app")
	a := b.App("app")
	targets := []*Channel{a.channel("room")}
	var row []*waiter
	for range 5 {
		w, err := a.tryAppend([]Message{third}, targets, true)
		if w == nil || err != nil {
			t.Fatalf("waiter %v, %v", w, err)
		}
		row = append(row, w)
	}
	row[1].giveUp()
	b.serveOnce(0)
	b.serveOnce(0)
	for i, want := range []bool{true, false, true, true, false} {
		woken := false
		select {
		case <-row[i].ready:
			woken = true
		default:
		}
		if woken != want {
			t.Errorf("publisher %d: woken %v, want %v", i, woken, want)
		}
	}
	if len(l.waiting) != 1 {
		t.Errorf("%d wait, want 1", len(l.waiting))
	}
}

func TestAPublisherThatWaitsGetsItsTurn(t *testing.T) {
	b := newBench(1)
	s, r := b.client("app")
	mustJoin(t, s, "room")
	b.work()
	b.publish(t, "app", msg("room", strings.Repeat("x", 1<<20)))
	done := make(chan error)
	go func() {
		done <- b.Hub.publish(context.Background(), "app", []Message{msg("room", "late")}, time.Minute)
	}()
	l := b.hubLog("app")
	for waiting := false; !waiting; {
		l.shard.mu.Lock()
		waiting = len(l.waiting) == 1
		l.shard.mu.Unlock()
	}
	b.work()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b.work()
	if got := r.take(); got[len(got)-1] != "late" {
		t.Errorf("the last frame is %q", got[len(got)-1])
	}
}
