package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

type testCombiner = combiner[pb.CacheOp, pb.CacheResult, *pb.CacheResult]

// sentBatch is a message that a handCarrier has taken.
type sentBatch struct {
	ids       []uint64
	keys      []string
	deadlines []int64
	bytes     int
}

// handCarrier gives each message to a test, which answers when it likes.
type handCarrier struct {
	batches chan sentBatch
	quit    chan struct{}
}

func (h *handCarrier) carry(b *batch[pb.CacheOp, pb.CacheResult]) {
	s := sentBatch{bytes: b.bytes}
	for _, op := range b.ops {
		s.ids, s.keys, s.deadlines = append(s.ids, op.Id), append(s.keys, op.GetGet().GetKey()), append(s.deadlines, op.DeadlineMs)
	}
	b.release()
	select {
	case h.batches <- s:
	case <-h.quit:
	}
}

func (h *handCarrier) stop() { close(h.quit) }

// newTestCombiner returns a cache client whose messages go to a handCarrier.
func newTestCombiner(opts ClientOptions, buffer int) (*Cache, *testCombiner, *handCarrier) {
	header := func(op *pb.CacheOp, id uint64, ms int64) { op.Id, op.DeadlineMs = id, ms }
	c := newCombiner[pb.CacheOp, pb.CacheResult](opts, header)
	h := &handCarrier{batches: make(chan sentBatch, buffer), quit: make(chan struct{})}
	c.carrier = h
	return &Cache{opts: opts, x: c}, c, h
}

func answerAll(c *testCombiner, s sentBatch) {
	for i, id := range s.ids {
		c.deliver([]*pb.CacheResult{{Id: id, Result: &pb.CacheResult_Value{Value: []byte(s.keys[i])}}})
	}
}

func TestLoneOperationLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, c, h := newTestCombiner(ClientOptions{}, 0)
		defer func() { _ = cache.Close() }()
		started := time.Now()
		go func() { answerAll(c, <-h.batches) }()
		value, err := cache.Get(t.Context(), "k")
		if err != nil || string(value) != "k" {
			t.Fatalf("got %q, %v", value, err)
		}
		if waited := time.Since(started); waited != 0 {
			t.Errorf("it took %v", waited)
		}
	})
}

func TestCrowdSharesMessagesWithinTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, c, h := newTestCombiner(ClientOptions{}, 100)
		defer func() { _ = cache.Close() }()
		var wg sync.WaitGroup
		get := func(key string) {
			wg.Go(func() {
				if v, err := cache.Get(t.Context(), key); err != nil || string(v) != key {
					t.Errorf("get %s: %q, %v", key, v, err)
				}
			})
		}
		for i := range windowSlots {
			get(fmt.Sprint("first", i))
			synctest.Wait()
		}
		for i := range 3 * maxBatchOps {
			get(fmt.Sprint("crowd", i))
		}
		synctest.Wait()
		if n := len(h.batches); n != windowSlots {
			t.Fatalf("%d messages are out, want %d", n, windowSlots)
		}
		answerAll(c, <-h.batches)
		synctest.Wait()
		for range windowSlots - 1 {
			answerAll(c, <-h.batches)
		}
		synctest.Wait()
		for len(h.batches) > 0 {
			s := <-h.batches
			if len(s.ids) > maxBatchOps {
				t.Errorf("a message with %d operations", len(s.ids))
			}
			answerAll(c, s)
			synctest.Wait()
		}
		wg.Wait()
	})
}

func TestStalledMessageGivesItsSlotBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, c, h := newTestCombiner(ClientOptions{}, 100)
		var wg sync.WaitGroup
		for i := range windowSlots + 1 {
			wg.Go(func() { _, _ = cache.Get(t.Context(), fmt.Sprint(i)) })
			synctest.Wait()
		}
		if n := len(h.batches); n != windowSlots {
			t.Fatalf("%d messages are out, want %d", n, windowSlots)
		}
		time.Sleep(stallAfter)
		synctest.Wait()
		if n := len(h.batches); n != windowSlots+1 {
			t.Fatalf("%d messages are out after %v, want %d", n, stallAfter, windowSlots+1)
		}
		for range windowSlots + 1 {
			answerAll(c, <-h.batches)
		}
		wg.Wait()
		_ = cache.Close()
	})
}

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, _, _ := newTestCombiner(ClientOptions{MaxQueued: 1000}, 0)
		var wg sync.WaitGroup
		errs := make(chan error, 100)
		for range 100 {
			wg.Go(func() {
				_, err := cache.Get(t.Context(), strings.Repeat("k", 100-opOverhead))
				errs <- err
			})
		}
		synctest.Wait()
		// One message of 64 is in the carrier's hands, ten operations wait.
		if n := len(errs); n < 100-maxBatchOps-10 || n > 90 {
			t.Errorf("%d of 100 operations were refused", n)
		}
		for range len(errs) {
			if err := <-errs; !errors.Is(err, contract.ErrOverloaded) {
				t.Errorf("refused with %v", err)
			}
		}
		_ = cache.Close()
		wg.Wait()
		close(errs)
		for err := range errs {
			if !errors.Is(err, contract.ErrClosed) {
				t.Errorf("ended with %v", err)
			}
		}
	})
}

func TestAppsAreServedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, c, h := newTestCombiner(ClientOptions{}, 0)
		var wg sync.WaitGroup
		get := func(app, key string) {
			wg.Go(func() { _, _ = cache.Get(WithApp(t.Context(), app), key) })
			synctest.Wait()
		}
		get("loud", "first") // occupies the carrier
		for i := range 200 {
			get("loud", fmt.Sprint("loud", i))
		}
		get("quiet", "quiet")
		answerAll(c, <-h.batches)
		s := <-h.batches
		found := false
		for _, key := range s.keys {
			found = found || key == "quiet"
		}
		if !found {
			t.Errorf("the quiet app waits behind the loud one: %v", s.keys)
		}
		_ = cache.Close()
		wg.Wait()
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, c, h := newTestCombiner(ClientOptions{Timeout: time.Second}, 10)
		defer func() { _ = cache.Close() }()
		past, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		if _, err := cache.Get(past, "k"); !errors.Is(err, contract.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("past: %v", err)
		}
		soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := cache.Get(soon, "k"); !errors.Is(err, contract.ErrTimeout) {
			t.Errorf("soon: %v", err)
		}
		if s := <-h.batches; s.deadlines[0] != 100 {
			t.Errorf("the deadline left as %d ms", s.deadlines[0])
		}
		started := time.Now()
		if _, err := cache.Get(t.Context(), "k"); !errors.Is(err, contract.ErrTimeout) {
			t.Errorf("default: %v", err)
		}
		if waited := time.Since(started); waited < time.Second || waited > time.Second*9/8 {
			t.Errorf("the default deadline took %v", waited)
		}
		s := <-h.batches
		answerAll(c, s) // too late: nobody waits
		stopped, stop := context.WithCancel(t.Context())
		go func() { <-h.batches; stop() }()
		if _, err := cache.Get(stopped, "k"); !errors.Is(err, contract.ErrTimeout) || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if c.inFlight != 0 || c.queue.count != 0 {
			t.Errorf("%d in flight, %d queued are left", c.inFlight, c.queue.count)
		}
	})
}

func TestStrangeAnswersAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache, c, h := newTestCombiner(ClientOptions{}, 1)
		defer func() { _ = cache.Close() }()
		go func() {
			s := <-h.batches
			c.deliver([]*pb.CacheResult{{Id: 0}, {Id: 1 << 63}, {Id: s.ids[0] + 1<<32}, nil})
			answerAll(c, s)
			answerAll(c, s)
		}()
		if v, err := cache.Get(t.Context(), "k"); err != nil || string(v) != "k" {
			t.Errorf("got %q, %v", v, err)
		}
	})
}

func TestTooLargeIsRefused(t *testing.T) {
	cache, _, _ := newTestCombiner(ClientOptions{}, 1)
	defer func() { _ = cache.Close() }()
	_, err := cache.Set(t.Context(), "k", make([]byte, MaxMessage), contract.SetOptions{})
	if !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	if _, err := cache.Get(t.Context(), "k\xff"); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("a key that is not UTF-8: %v, want ErrInvalid", err)
	}
}

// TestNothingIsLost lets callers come and go at random over a carrier that
// answers in any order: every operation gets its own answer, messages keep
// their bounds, and the operations of one caller's key leave in order.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{1, 1, 1, 100, 30 << 10, maxBatchBytes, 100 << 10}), 1, 300).Draw(t, "sizes")
		apps := rapid.IntRange(1, 5).Draw(t, "apps")
		backwards := rapid.Bool().Draw(t, "backwards")
		cache, c, h := newTestCombiner(ClientOptions{MaxQueued: 1 << 30}, 0)
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			last := make(map[string]int)
			for s := range h.batches {
				checkBatch(t, s, last)
				if backwards {
					for i, j := 0, len(s.ids)-1; i < j; i, j = i+1, j-1 {
						s.ids[i], s.ids[j], s.keys[i], s.keys[j] = s.ids[j], s.ids[i], s.keys[j], s.keys[i]
					}
				}
				answerAll(c, s)
			}
		}()
		var wg sync.WaitGroup
		for app := range apps {
			wg.Go(func() {
				var calls []*call[pb.CacheOp, pb.CacheResult]
				var keys []string
				for i, size := range sizes {
					keys = append(keys, fmt.Sprintf("%d:%d:%s", app, i, strings.Repeat("x", size)))
					calls = append(calls, &cache.get(keys[i]).call)
				}
				for i, a := range c.doMany(WithApp(context.Background(), fmt.Sprint(app)), calls) {
					if v, err := valueOf(a.res, a.err); err != nil || string(v) != keys[i] {
						t.Errorf("operation %d of app %d: %d bytes, %v", i, app, len(v), err)
					}
				}
			})
		}
		wg.Wait()
		_ = cache.Close()
		close(h.batches)
		<-answered
	})
}

func checkBatch(t *rapid.T, s sentBatch, last map[string]int) {
	if len(s.ids) > maxBatchOps || len(s.ids) > 1 && s.bytes > maxBatchBytes {
		t.Errorf("a message of %d operations and %d bytes", len(s.ids), s.bytes)
	}
	for _, key := range s.keys {
		parts := strings.SplitN(key, ":", 3)
		var i int
		_, _ = fmt.Sscan(parts[1], &i)
		if i < last[parts[0]] {
			t.Errorf("app %s: operation %d left after %d", parts[0], i, last[parts[0]])
		}
		last[parts[0]] = i
	}
}
