package limit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// fakeClock is a clock that stands until somebody moves it.
type fakeClock struct{ ns atomic.Int64 }

func (c *fakeClock) now() int64              { return c.ns.Load() }
func (c *fakeClock) advance(d time.Duration) { c.ns.Add(int64(d)) }
func newKeyed(maxKeys int) (*Keyed, *fakeClock) {
	c := new(fakeClock)
	return NewKeyed(maxKeys, c.now), c
}

func take(t *testing.T, k *Keyed, req contract.TakeRequest) contract.TakeResult {
	t.Helper()
	got, err := k.Take(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestKeyedTellsWhatIsLeft(t *testing.T) {
	k, clock := newKeyed(100)
	req := contract.TakeRequest{Key: "a", Cost: 1, Limit: 4, Window: 4 * time.Second}
	steps := []struct {
		after time.Duration
		cost  uint32
		want  contract.TakeResult
	}{
		{0, 1, contract.TakeResult{Allowed: true, Remaining: 3, ResetAfter: time.Second}},
		{0, 3, contract.TakeResult{Allowed: true, Remaining: 0, ResetAfter: 4 * time.Second}},
		{0, 1, contract.TakeResult{Remaining: 0, ResetAfter: 4 * time.Second, RetryAfter: time.Second}},
		{500 * time.Millisecond, 1, contract.TakeResult{Remaining: 0, ResetAfter: 3500 * time.Millisecond, RetryAfter: 500 * time.Millisecond}},
		{500 * time.Millisecond, 2, contract.TakeResult{Remaining: 1, ResetAfter: 3 * time.Second, RetryAfter: time.Second}},
		{0, 1, contract.TakeResult{Allowed: true, Remaining: 0, ResetAfter: 4 * time.Second}},
		{time.Minute, 4, contract.TakeResult{Allowed: true, Remaining: 0, ResetAfter: 4 * time.Second}},
		{time.Minute, 5, contract.TakeResult{Remaining: 4, RetryAfter: time.Second}},
	}
	for i, s := range steps {
		clock.advance(s.after)
		req.Cost = s.cost
		if diff := cmp.Diff(s.want, take(t, k, req)); diff != "" {
			t.Errorf("step %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestKeysDoNotDisturbEachOther(t *testing.T) {
	k, _ := newKeyed(100)
	for i := range 50 {
		req := contract.TakeRequest{Key: fmt.Sprint(i), Cost: 1, Limit: 1, Window: time.Second}
		if !take(t, k, req).Allowed || take(t, k, req).Allowed {
			t.Errorf("key %d is not alone", i)
		}
	}
}

func TestResetForgetsAKey(t *testing.T) {
	k, _ := newKeyed(100)
	req := contract.TakeRequest{Key: "a", Cost: 1, Limit: 1, Window: time.Second}
	take(t, k, req)
	if err := errors.Join(k.Reset(context.Background(), "a"), k.Reset(context.Background(), "absent")); err != nil {
		t.Fatal(err)
	}
	if !take(t, k, req).Allowed {
		t.Error("refused after Reset")
	}
}

func TestARetryCountsOnce(t *testing.T) {
	k, clock := newKeyed(100)
	req := contract.TakeRequest{Key: "a", Cost: 1, Limit: 2, Window: time.Hour, ID: "x"}
	first := take(t, k, req)
	if diff := cmp.Diff(first, take(t, k, req)); diff != "" {
		t.Errorf("the retry was told something else:\n%s", diff)
	}
	req.ID = "y"
	if got := take(t, k, req); !got.Allowed || got.Remaining != 0 {
		t.Errorf("another request: %+v", got)
	}
	other := contract.TakeRequest{Key: "b", Cost: 1, Limit: 5, Window: time.Hour, ID: "x"}
	if got := take(t, k, other); got.Remaining != 4 {
		t.Errorf("the same id on another key: %+v", got)
	}
	clock.advance(time.Minute)
	req.ID = "x"
	if got := take(t, k, req); got.Allowed {
		t.Errorf("after a minute it is a new request: %+v", got)
	}
}

func TestWrongRequestsAreInvalid(t *testing.T) {
	k, _ := newKeyed(100)
	for _, req := range []contract.TakeRequest{
		{Key: "a", Limit: 1, Window: time.Second},
		{Key: "a", Cost: 1, Window: time.Second},
		{Key: "a", Cost: 1, Limit: 1},
		{Key: "a", Cost: 1, Limit: 1, Window: time.Microsecond},
	} {
		if _, err := k.Take(context.Background(), req); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%+v: %v", req, err)
		}
	}
}

func TestExtremeRequests(t *testing.T) {
	k, _ := newKeyed(100)
	req := contract.TakeRequest{Key: "a", Cost: math.MaxUint32, Limit: 1, Window: 24 * time.Hour}
	if got := take(t, k, req); got.Allowed || got.RetryAfter <= 0 {
		t.Errorf("%+v", got)
	}
	req = contract.TakeRequest{Key: "b", Cost: 1, Limit: math.MaxUint32, Window: time.Millisecond}
	if got := take(t, k, req); !got.Allowed {
		t.Errorf("%+v", got)
	}
}

func TestTheNumberOfKeysIsBounded(t *testing.T) {
	const most = 160
	k, clock := newKeyed(most)
	for i := range 5000 {
		take(t, k, contract.TakeRequest{Key: fmt.Sprint(i), Cost: 1, Limit: 1, Window: time.Hour, ID: "id"})
	}
	if n := k.Len(); n > most {
		t.Errorf("%d keys, at most %d", n, most)
	}
	clock.advance(2 * time.Hour)
	for i := range 1000 {
		take(t, k, contract.TakeRequest{Key: fmt.Sprint("late", i%2), Cost: 1, Limit: 1, Window: time.Hour})
	}
	looked := map[*shard]bool{k.shard("late0"): true, k.shard("late1"): true} // maybe one
	if n, want := k.Len(), most-len(looked)*(most/shards)+2; n > want {
		t.Errorf("%d keys are left after their time, want at most %d", n, want)
	}
}

func TestAHeavyUserIsRemembered(t *testing.T) {
	k, _ := newKeyed(16 * 64)
	heavy := contract.TakeRequest{Key: "heavy", Cost: 100, Limit: 100, Window: time.Hour}
	take(t, k, heavy)
	for i := range 3000 {
		take(t, k, contract.TakeRequest{Key: fmt.Sprint(i), Cost: 1, Limit: 100, Window: time.Hour})
	}
	if heavy.Cost = 1; take(t, k, heavy).Allowed {
		t.Error("a crowd of others made the limiter forget")
	}
}

func TestManyTakeAtOnce(t *testing.T) {
	k, _ := newKeyed(100)
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				got, err := k.Take(context.Background(), contract.TakeRequest{Key: "a", Cost: 1, Limit: 100, Window: time.Hour})
				if err != nil {
					t.Error(err)
				}
				if got.Allowed {
					allowed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 100 {
		t.Errorf("%d of 100 units were given", allowed.Load())
	}
}

func BenchmarkKeyedTake(b *testing.B) {
	k, clock := newKeyed(10_000)
	req := contract.TakeRequest{Key: "app:1", Cost: 1, Limit: 1_000_000, Window: time.Second}
	b.ReportAllocs()
	for b.Loop() {
		clock.advance(time.Microsecond)
		if _, err := k.Take(context.Background(), req); err != nil {
			b.Fatal(err)
		}
	}
}
