package webhook

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// A queue that takes nothing for a while loses nothing and keeps the order; an
// app cannot use up the room of the others.
func TestQueueThatIsFull(t *testing.T) {
	small := func(o *Options) { o.BufferBytes = 20_000 }
	inWorld(t, []*contract.App{app(to(home))}, small, func(w *world) {
		w.queue.refuse(errFull)
		for i := range 100 {
			w.sink.SubscriptionCount("a", "x", i)
		}
		w.after(10 * time.Second)
		w.queue.refuse(nil)
		w.after(10 * time.Second)
		inOrder(t, w, home)
		dropped := int(w.service.drops.counts[dropFull].Load())
		if got := len(w.delivered(home)); got+dropped != 100 || dropped == 0 || got < 20 {
			t.Errorf("%d delivered, %d dropped", got, dropped)
		}
		o := w.service.outbox
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.bytes != 0 || len(o.share) != 0 || len(o.lanes) != 0 {
			t.Error("the outbox does not count right")
		}
	})
}

// What the courier holds when the queue forgets everything is sent all the same.
func TestQueueForgets(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.answer(func(r *http.Request) int {
			if w.service.now() < 20*time.Second {
				return hang(r)
			}
			return 200
		})
		for i := range 5 {
			w.sink.Occupied("a", fmt.Sprint("x", i))
		}
		w.after(time.Second)
		w.queue.forget()
		w.after(2 * time.Minute)
		if got := len(w.delivered(home)); got != 5 {
			t.Errorf("%d of 5 were delivered", got)
		}
	})
}

func TestStopTellsWhatIsDelayed(t *testing.T) {
	batched := func(o *Options) { o.Batching = Batching{Enabled: true, Duration: time.Hour, Size: 100} }
	for name, change := range map[string]func(*Options){"single": nil, "batched": batched} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, []*contract.App{app(to(home))}, change, func(w *world) {
				w.queue.change(func() { w.queue.volatile = true })
				w.sink.Occupied("a", "x")
				w.sink.MemberRemoved("a", "y", "7")
				w.sink.Vacated("a", "x")
				w.stop(10 * time.Second)
				got := w.delivered(home)
				slices.Sort(got)
				if diff := cmp.Diff([]string{"channel_occupied x", "channel_vacated x", "member_removed y 7"}, got); diff != "" {
					t.Error(diff)
				}
				w.sink.Occupied("a", "late")
				if w.service.drops.counts[dropStopped].Load() != 1 && change == nil {
					t.Error("an event after the end is not counted")
				}
			})
		})
	}
}

// A stop waits for requests under way, and gives back what does not end in time.
func TestStopInterrupts(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.answer(hang)
		w.sink.Occupied("a", "x")
		w.after(time.Second)
		w.sink.Occupied("a", "y")
		w.stop(3 * time.Second)
		if st, _ := w.queue.Stats(t.Context(), QueueName); st.Waiting != 2 || st.Out != 0 {
			t.Errorf("the queue has %+v", st)
		}
	})
}

func TestStopSaysWhatIsLeft(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.queue.refuse(errFull)
		w.sink.Occupied("a", "x")
		w.after(time.Second)
		w.stopping = true
		ctx, cancel := contextWithin(time.Second)
		defer cancel()
		if err := w.service.Stop(ctx); err == nil || !strings.Contains(err.Error(), "1 webhook jobs were not handed to the queue") {
			t.Errorf("error: %v", err)
		}
	})
}

func TestBatches(t *testing.T) {
	two := app(to(home), to("http://two.test/", "cache_miss"))
	other := app(to(home))
	other.ID, other.Key = "b", "key-b"
	batched := func(o *Options) { o.Batching = Batching{Enabled: true, Duration: 50 * time.Millisecond, Size: 3} }
	inWorld(t, []*contract.App{two, other}, batched, func(w *world) {
		for i := range 4 {
			w.sink.SubscriptionCount("a", "x", i)
		}
		w.sink.CacheMiss("b", "y")
		w.sink.CacheMiss("a", "y")
		w.after(49 * time.Millisecond)
		if len(w.answered()) != 1 || len(w.answered()[0].events) != 3 {
			t.Errorf("before the time is over: %+v", w.answered())
		}
		w.after(time.Millisecond)
		var sizes []string
		for _, p := range w.answered() {
			sizes = append(sizes, fmt.Sprint(p.url, " ", p.header.Get(headerKey), " ", len(p.events)))
		}
		slices.Sort(sizes)
		want := []string{home + " key 2", home + " key 3", home + " key-b 1", "http://two.test/ key 1"}
		if diff := cmp.Diff(want, sizes); diff != "" {
			t.Error(diff)
		}
	})
}

// A request that takes longer than a lease keeps its job.
func TestLeaseIsRenewed(t *testing.T) {
	hook := to(home)
	hook.RequestTimeoutMS = 120_000
	inWorld(t, []*contract.App{app(hook)}, nil, func(w *world) {
		w.answer(func(r *http.Request) int {
			timer := time.NewTimer(100 * time.Second)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
			}
			return 200
		})
		w.sink.Occupied("a", "x")
		w.after(5 * time.Minute)
		if len(w.answered()) != 1 {
			t.Errorf("%d requests", len(w.answered()))
		}
	})
}
