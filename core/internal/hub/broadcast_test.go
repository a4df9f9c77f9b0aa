package hub

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

// told is what Broadcast was called with.
type told struct{ calls []string }

func (*told) Delivered(int, int, int) {}
func (*told) Lag(int, time.Duration)  {}

func (c *told) Broadcast(channel pusher.Channel, subscribers int, took time.Duration) {
	c.calls = append(c.calls, fmt.Sprint(channel.Name, " ", subscribers, " ", took))
}

// TestEveryMessageIsToldOnce: however many shards have its subscribers.
func TestEveryMessageIsToldOnce(t *testing.T) {
	b := newBench(4)
	seen := &told{}
	b.opts.Counters = func(string) Counters { return seen }
	for i := range 6 { // shards in turn
		s, _ := b.client("app")
		mustJoin(t, s, "room")
		if i == 0 {
			mustJoin(t, s, "private-small")
		}
	}
	b.publish(t, "app", msg("room", "1"), msg("private-small", "2"), msg("empty", "3"), msg("room", "4"))
	b.now += time.Second
	b.work()
	want := map[string]int{"room 6 1s": 2, "private-small 1 1s": 1}
	got := map[string]int{}
	for _, call := range seen.calls {
		got[call]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
