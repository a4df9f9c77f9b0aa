package hub

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// newPackingBench is a hub whose compressed form of a message is the message in
// brackets.
func newPackingBench(shards int) (b *bench, made *atomic.Int32) {
	b, made = &bench{now: time.Hour}, &atomic.Int32{}
	b.Hub = New(Options{
		Shards: shards, LogBytes: 1 << 20, LogAge: time.Hour, Now: func() time.Duration { return b.now },
		Pack: func(plain []byte) []byte {
			made.Add(1)
			return frame.AppendText(nil, fmt.Appendf(nil, "[%s]", frame.Payload(plain)))
		},
	})
	return b, made
}

func TestACompressedFormIsMadeOnceForAll(t *testing.T) {
	b, made := newPackingBench(3)
	var recs []*recorder
	for i := range 12 {
		s, r := b.client("app")
		s.Packs = i%2 == 0
		mustJoin(t, s, "room")
		mustJoin(t, s, "other")
		recs = append(recs, r)
	}
	b.work()
	for _, r := range recs {
		r.take()
	}
	except := msg("room", "3")
	except.Except, _ = pusher.ParseSocketID("1.1")
	b.publish(t, "app", msg("room", "1"))
	b.work()
	b.publish(t, "app", msg("room", "2"), except, msg("room", "4"))
	b.work()
	b.publish(t, "app", msg("room", "5"), msg("other", "6"), msg("room", "7"))
	b.work()
	for i, r := range recs {
		var want []string
		for _, text := range []string{"1", "2", "3", "4", "5", "6", "7"} {
			switch {
			case i == 0 && text == "3":
			case i%2 == 0:
				want = append(want, "["+text+"]")
			default:
				want = append(want, text)
			}
		}
		if diff := cmp.Diff(want, r.take()); diff != "" {
			t.Errorf("subscriber %d: %s", i, diff)
		}
	}
	if made.Load() != 7 {
		t.Errorf("%d compressed forms of 7 messages", made.Load())
	}
}

func TestNothingIsCompressedForNobody(t *testing.T) {
	b, made := newPackingBench(1)
	s, r := b.client("app")
	mustJoin(t, s, "room")
	b.publish(t, "app", msg("room", "1"))
	b.work()
	if diff := cmp.Diff([]string{ack("room"), "1"}, r.take()); diff != "" || made.Load() != 0 {
		t.Error(diff, made.Load())
	}
}

func TestWhatWaitsAtAGateIsCompressed(t *testing.T) {
	b, _ := newPackingBench(1)
	s, r := b.client("app")
	s.Packs = true
	m := mustGate(t, s, "cache-a")
	b.publish(t, "app", event("cache-a", 2))
	m.Open(event("cache-a", 1).Frame, 1)
	b.work()
	if diff := cmp.Diff([]string{ack("cache-a"), "1", "[2]"}, r.take()); diff != "" {
		t.Error(diff)
	}
}
