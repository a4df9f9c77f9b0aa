package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

func newJob(id, group string, body int) contract.Job {
	return contract.Job{Queue: "q", ID: id, GroupKey: group, Body: make([]byte, body)}
}

func enqueue(t *testing.T, q *queue, jobs ...contract.Job) {
	t.Helper()
	if err := errors.Join(q.Enqueue(t.Context(), jobs)...); err != nil {
		t.Fatal(err)
	}
}

func consume(t *testing.T, q *queue) contract.Consumer {
	t.Helper()
	c, err := q.Consume(t.Context(), contract.ConsumeOptions{Queue: "q", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func receive(t *testing.T, c contract.Consumer, most int) []contract.Delivery {
	t.Helper()
	ds, err := c.Receive(t.Context(), most)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

func reject(t *testing.T, q *queue, jobs ...contract.Job) {
	t.Helper()
	c := consume(t, q)
	for _, j := range jobs {
		enqueue(t, q, j)
		if err := c.Reject(t.Context(), receive(t, c, 1)[0], "no"); err != nil {
			t.Fatal(err)
		}
	}
}

func wantOverloaded(t *testing.T, q *queue, j contract.Job, why string) {
	t.Helper()
	err := q.Enqueue(t.Context(), []contract.Job{j})[0]
	if !errors.Is(err, contract.ErrOverloaded) || contract.RetryAfter(err) != time.Second || !strings.Contains(err.Error(), why) {
		t.Errorf("Enqueue of %s = %v (retry after %v), want ErrOverloaded for %s", j.ID, err, contract.RetryAfter(err), why)
	}
}

func TestAFullQueueRefusesJobsAndForgetsTheirIDs(t *testing.T) {
	q := newQueue(t, func(o *queueOptions) { o.MemoryCapacity, o.GroupCapacity = 3, 2 })
	enqueue(t, q, newJob("1", "g", 0), newJob("2", "g", 0))
	wantOverloaded(t, q, newJob("3", "g", 0), "group_capacity")
	enqueue(t, q, newJob("4", "h", 0), newJob("4", "h", 0))
	wantOverloaded(t, q, newJob("5", "i", 0), "memory_capacity")
	c := consume(t, q)
	if err := c.Ack(t.Context(), receive(t, c, 1)[0]); err != nil {
		t.Fatal(err)
	}
	enqueue(t, q, newJob("3", "g", 0))
}

func TestBytesAreBoundedAndDeadLettersGiveWay(t *testing.T) {
	const quarter = 250 << 10
	q := newQueue(t, func(o *queueOptions) { o.MaxBytes = 1 << 20 })
	reject(t, q, newJob("dead1", "g", quarter), newJob("dead2", "g", quarter))
	enqueue(t, q, newJob("1", "g", quarter), newJob("2", "g", quarter), newJob("3", "g", quarter))
	dead, _, err := q.ListDead(t.Context(), "q", "", 10)
	if err != nil || len(dead) != 1 || dead[0].Job.ID != "dead2" {
		t.Errorf("dead letters left: %v, %v; want dead2", dead, err)
	}
	enqueue(t, q, newJob("4", "g", quarter))
	wantOverloaded(t, q, newJob("5", "g", quarter), "max_bytes")
}

func TestTheOldestDeadLettersGoBeyondTheRetention(t *testing.T) {
	q := newQueue(t, func(o *queueOptions) { o.FailedRetention = 2 })
	reject(t, q, newJob("1", "g", 0), newJob("2", "g", 0), newJob("3", "g", 0))
	dead, _, err := q.ListDead(t.Context(), "q", "", 10)
	if err != nil || len(dead) != 2 || dead[0].Job.ID != "2" {
		t.Errorf("dead letters: %v, %v; want 2 and 3", dead, err)
	}
}

func TestGroupsAreServedInTurn(t *testing.T) {
	q := newQueue(t, func(*queueOptions) {})
	for i := range 4 {
		enqueue(t, q, newJob(fmt.Sprint("busy", i), "busy", 0))
	}
	enqueue(t, q, newJob("calm0", "calm", 0), newJob("calm1", "calm", 0), newJob("other0", "other", 0))
	c := consume(t, q)
	var got []string
	for range 7 {
		d := receive(t, c, 1)[0]
		got = append(got, d.Job.ID)
		if err := c.Ack(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"busy0", "calm0", "other0", "busy1", "calm1", "busy2", "busy3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestAllWhoWaitGetWhatBecomesDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, func(*queueOptions) {})
		got := make(chan string)
		for range 3 {
			c := consume(t, q)
			go func() {
				for {
					ds, err := c.Receive(t.Context(), 1)
					if err != nil {
						return
					}
					got <- ds[0].Job.ID
					_ = c.Ack(t.Context(), ds[0])
				}
			}()
			synctest.Wait()
		}
		start := time.Now()
		later := func(id string, delay time.Duration) contract.Job {
			j := newJob(id, id, 0)
			j.Delay = delay
			return j
		}
		enqueue(t, q, later("slow", time.Hour))
		synctest.Wait()
		enqueue(t, q, later("fast", time.Minute), later("faster", time.Second))
		for _, want := range []string{"faster", "fast", "slow"} {
			if id := <-got; id != want {
				t.Errorf("got %s, want %s", id, want)
			}
		}
		if took := time.Since(start); took != time.Hour {
			t.Errorf("the last came after %v", took)
		}
	})
}

func TestAQueueThatIsHandedOverTakesAndGivesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, next := newQueue(t, func(*queueOptions) {}), newQueue(t, func(*queueOptions) {})
		enqueue(t, q, newJob("1", "g", 0))
		c := consume(t, q)
		out := receive(t, c, 1)[0]
		enqueue(t, q, newJob("2", "g", 0))
		received := make(chan []contract.Delivery, 1)
		err := q.Export(t.Context(), func(chunk []byte) error {
			for what, err := range map[string]error{
				"Enqueue": q.Enqueue(t.Context(), []contract.Job{newJob("3", "h", 0)})[0],
				"Ack":     c.Ack(t.Context(), out),
				"Purge":   second(q.PurgeDead(t.Context(), "q", nil)),
			} {
				if !errors.Is(err, contract.ErrUnavailable) {
					t.Errorf("%s meanwhile: %v, want ErrUnavailable", what, err)
				}
			}
			if err := q.Export(t.Context(), func([]byte) error { return nil }); !errors.Is(err, contract.ErrConflict) {
				t.Errorf("a second Export: %v", err)
			}
			if st, err := q.Stats(t.Context(), "q"); err != nil || st.Out != 1 || st.Waiting != 1 {
				t.Errorf("Stats meanwhile: %+v, %v", st, err)
			}
			go func() { received <- receive(t, c, 1) }()
			<-time.After(time.Hour) // the lease ends meanwhile, which nobody may notice
			return next.Import(t.Context(), chunk)
		})
		if err != nil {
			t.Fatal(err)
		}
		if ds := <-received; ds[0].Job.ID != "1" || ds[0].Attempt != 2 {
			t.Errorf("after an Export the queue goes on with %v", ds)
		}
		d := consume(t, next)
		if err := d.Ack(t.Context(), out); err != nil {
			t.Errorf("the successor does not know the job that was out: %v", err)
		}
		if ds := receive(t, d, 1); ds[0].Job.ID != "2" {
			t.Errorf("the successor goes on with %v", ds)
		}
		enqueue(t, next, newJob("2", "g", 0))
		if st, err := next.Stats(t.Context(), "q"); err != nil || st.Waiting != 0 {
			t.Errorf("the successor forgot an id: %+v, %v", st, err)
		}
	})
}

func TestALargeQueueMovesInChunks(t *testing.T) {
	q, next := newQueue(t, func(*queueOptions) {}), newQueue(t, func(*queueOptions) {})
	for i := range 40 {
		enqueue(t, q, newJob(fmt.Sprint(i), fmt.Sprint("g", i%7), 100<<10))
	}
	if chunks := moveAll(t, q, next); chunks < 8 || chunks > 12 {
		t.Errorf("%d chunks for 4 MiB", chunks)
	}
	if next.store.jobs != 40 || next.store.bytes != q.store.bytes {
		t.Errorf("%d jobs of %d bytes arrived", next.store.jobs, next.store.bytes)
	}
}

func TestExportEndsWithTheErrorOfItsReader(t *testing.T) {
	q := newQueue(t, func(*queueOptions) {})
	enqueue(t, q, newJob("1", "g", 0))
	enough := errors.New("enough")
	if err := q.Export(t.Context(), func([]byte) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("Export = %v", err)
	}
	enqueue(t, q, newJob("2", "g", 0))
}

func TestOldIDsAreForgottenBeyondTheBound(t *testing.T) {
	var r recentIDs
	now := time.Unix(0, 0)
	for i := range 100 {
		r.has(fmt.Sprint(i), now, 10)
		r.add(fmt.Sprint(i), now.Add(time.Hour))
	}
	if len(r.seen) > 10 || r.has("5", now, 10) || !r.has("99", now, 11) {
		t.Errorf("%d ids are remembered", len(r.seen))
	}
}

func TestConsumersAreRefusedForWrongOptions(t *testing.T) {
	q := newQueue(t, func(*queueOptions) {})
	for _, opts := range []contract.ConsumeOptions{{Queue: ""}, {Queue: "a b"}, {Queue: "q", Lease: time.Millisecond}, {Queue: "q", Lease: -1}} {
		if _, err := q.Consume(t.Context(), opts); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("Consume(%+v) = %v", opts, err)
		}
	}
	c := consume(t, q)
	if _, err := c.Receive(t.Context(), 0); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("Receive of 0 = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Receive(ctx, 1); !errors.Is(err, contract.ErrTimeout) || !errors.Is(err, context.Canceled) {
		t.Errorf("Receive after the end of its context = %v", err)
	}
	_ = c.Close()
	if err := c.Ack(t.Context(), contract.Delivery{}); !errors.Is(err, contract.ErrClosed) {
		t.Errorf("Ack after Close = %v", err)
	}
}

func TestQueueMetrics(t *testing.T) {
	q := newQueue(t, func(o *queueOptions) { o.MemoryCapacity = 1 })
	reject(t, q, newJob("1", "g", 10))
	enqueue(t, q, newJob("2", "g", 10))
	wantOverloaded(t, q, newJob("3", "g", 0), "memory_capacity")
	got := map[string]float64{}
	for _, s := range q.Metrics() {
		got[s.Name] = s.Value
	}
	want := map[string]float64{
		"queue_enqueued_total": 2, "queue_refused_total": 1, "queue_done_total": 0, "queue_returned_total": 0,
		"queue_lost_leases_total": 0, "queue_dead_total": 1, "queue_dead_dropped_total": 0,
		"queue_jobs": 1, "queue_bytes": 2*(256+1+1+10) + 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}
