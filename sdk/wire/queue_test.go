package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// listQueue is one queue in a list. Its consumers share it.
type listQueue struct {
	mu    sync.Mutex
	jobs  []contract.Job
	added chan struct{} // closed when jobs are added
	notes []string
}

func newListQueue() *listQueue { return &listQueue{added: make(chan struct{})} }

func (q *listQueue) note(format string, args ...any) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notes = append(q.notes, fmt.Sprintf(format, args...))
}

func (q *listQueue) noted() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	notes := q.notes
	q.notes = nil
	return notes
}

func (q *listQueue) Enqueue(_ context.Context, jobs []contract.Job) []error {
	q.mu.Lock()
	defer q.mu.Unlock()
	errs := make([]error, len(jobs))
	for i, j := range jobs {
		if j.GroupKey == "" {
			errs[i] = fmt.Errorf("%w: no group", contract.ErrInvalid)
			continue
		}
		q.jobs = append(q.jobs, j)
	}
	close(q.added)
	q.added = make(chan struct{})
	return errs
}

func (q *listQueue) take(max int) ([]contract.Delivery, chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(max, len(q.jobs))
	var out []contract.Delivery
	for _, j := range q.jobs[:n] {
		out = append(out, contract.Delivery{Job: j, Attempt: 3, EnqueuedAt: time.UnixMilli(1234), Receipt: "r-" + j.ID})
	}
	q.jobs = q.jobs[n:]
	return out, q.added
}

func (q *listQueue) Consume(_ context.Context, opts contract.ConsumeOptions) (contract.Consumer, error) {
	if opts.Queue == "forbidden" {
		return nil, contract.ErrAuth
	}
	q.note("consume %s %s %v", opts.Queue, opts.Consumer, opts.Lease)
	return &listConsumer{q: q, drained: make(chan struct{})}, nil
}

func (q *listQueue) Stats(_ context.Context, queue string) (contract.QueueStats, error) {
	if queue == "absent" {
		return contract.QueueStats{}, contract.ErrNotFound
	}
	return contract.QueueStats{Waiting: 1, Delayed: 2, Out: 3, Dead: 4, OldestAge: time.Second, Durability: contract.OnDisk}, nil
}

func (q *listQueue) ListDead(_ context.Context, queue, page string, limit int) ([]contract.DeadLetter, string, error) {
	q.note("list %s %s %d", queue, page, limit)
	return []contract.DeadLetter{{Job: contract.Job{ID: "d", Body: []byte("b")}, Attempts: 5, Reason: "why", DiedAt: time.UnixMilli(99)}}, "more", nil
}

func (q *listQueue) ReplayDead(_ context.Context, queue string, ids []string) (int64, error) {
	q.note("replay %s %v", queue, ids)
	return 2, nil
}

func (q *listQueue) PurgeDead(_ context.Context, queue string, ids []string) (int64, error) {
	q.note("purge %s %v", queue, ids)
	return 3, contract.ErrTimeout
}

type listConsumer struct {
	q       *listQueue
	drained chan struct{}
	once    sync.Once
}

func (c *listConsumer) Receive(ctx context.Context, max int) ([]contract.Delivery, error) {
	for {
		jobs, added := c.q.take(max)
		if len(jobs) > 0 {
			c.q.note("hand over %d of %d", len(jobs), max)
			return jobs, nil
		}
		select {
		case <-added:
		case <-c.drained:
			return nil, contract.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (c *listConsumer) settle(what string, d contract.Delivery) error {
	if strings.HasPrefix(d.Job.ID, "lost") {
		return contract.ErrNotFound
	}
	c.q.note("%s %s %s %s", what, d.Job.ID, d.Receipt, d.Job.Body)
	return nil
}

func (c *listConsumer) Ack(_ context.Context, d contract.Delivery) error { return c.settle("ack", d) }

func (c *listConsumer) Nack(_ context.Context, d contract.Delivery, reason string, after time.Duration) error {
	return c.settle(fmt.Sprintf("nack %s %v", reason, after), d)
}

func (c *listConsumer) Reject(_ context.Context, d contract.Delivery, reason string) error {
	return c.settle("reject "+reason, d)
}

func (c *listConsumer) Extend(_ context.Context, d contract.Delivery, lease time.Duration) error {
	return c.settle(fmt.Sprint("extend ", lease), d)
}

func (c *listConsumer) Drain(context.Context) error {
	c.once.Do(func() { close(c.drained) })
	return nil
}

func (c *listConsumer) Close() error {
	c.q.note("close")
	return nil
}

func connectQueue(t *testing.T, mode Mode) (*Queue, *listQueue, *Lifecycle) {
	driver := newListQueue()
	cc, caps := connect(t, offer(contract.KindQueue, driver))
	q := NewQueue(cc, ClientOptions{Capabilities: caps, Mode: mode})
	t.Cleanup(func() { _ = q.Close() })
	return q, driver, NewLifecycle(cc)
}

func TestQueueRoundTrip(t *testing.T) {
	for _, mode := range modes {
		t.Run(modeNames[mode], func(t *testing.T) {
			q, driver, _ := connectQueue(t, mode)
			job := contract.Job{Queue: "q", ID: "1", GroupKey: "g", Body: []byte("body"), Delay: time.Second, MaxAttempts: 4}
			errs := q.Enqueue(within(t), []contract.Job{job, {Queue: "q", ID: "2"}, {Queue: "q\xff", GroupKey: "g"}})
			if errs[0] != nil || !errors.Is(errs[1], contract.ErrInvalid) || !errors.Is(errs[2], contract.ErrInvalid) {
				t.Errorf("enqueue: %v", errs)
			}
			if diff := cmp.Diff([]contract.Job{job}, driver.jobs); diff != "" {
				t.Errorf("jobs (-want +got):\n%s", diff)
			}
			checkStats(t, q)
			checkDead(t, q, driver)
		})
	}
}

func checkStats(t *testing.T, q *Queue) {
	want := contract.QueueStats{Waiting: 1, Delayed: 2, Out: 3, Dead: 4, OldestAge: time.Second, Durability: contract.OnDisk}
	got, err := q.Stats(within(t), "q")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("stats: %v (-want +got):\n%s", err, diff)
	}
	if _, err := q.Stats(within(t), "absent"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("stats of an absent queue: %v", err)
	}
}

func checkDead(t *testing.T, q *Queue, driver *listQueue) {
	letters, next, err := q.ListDead(within(t), "q", "page", 9)
	want := []contract.DeadLetter{{Job: contract.Job{ID: "d", Body: []byte("b")}, Attempts: 5, Reason: "why", DiedAt: time.UnixMilli(99)}}
	if diff := cmp.Diff(want, letters); err != nil || next != "more" || diff != "" {
		t.Errorf("list: %q, %v (-want +got):\n%s", next, err, diff)
	}
	if n, err := q.ReplayDead(within(t), "q", nil); n != 2 || err != nil {
		t.Errorf("replay: %d, %v", n, err)
	}
	if _, err := q.PurgeDead(within(t), "q", []string{"a", "b"}); !errors.Is(err, contract.ErrTimeout) {
		t.Errorf("purge: %v", err)
	}
	if diff := cmp.Diff([]string{"list q page 9", "replay q []", "purge q [a b]"}, driver.noted()); diff != "" {
		t.Errorf("the driver was asked (-want +got):\n%s", diff)
	}
}

func TestConsumerRoundTrip(t *testing.T) {
	q, driver, _ := connectQueue(t, Auto)
	c, err := q.Consume(within(t), contract.ConsumeOptions{Queue: "q", Consumer: "me", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	var jobs []contract.Job
	for _, id := range []string{"1", "2", "3", "4", "lost"} {
		jobs = append(jobs, contract.Job{Queue: "q", ID: id, GroupKey: id, Body: []byte("b" + id)})
	}
	if err := errors.Join(q.Enqueue(within(t), jobs)...); err != nil {
		t.Fatal(err)
	}
	out := receiveAll(t, c, len(jobs))
	want := contract.Delivery{Job: jobs[0], Attempt: 3, EnqueuedAt: time.UnixMilli(1234), Receipt: "r-1"}
	if diff := cmp.Diff(want, out[0]); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
	driver.noted()
	ctx := within(t)
	for _, err := range []error{
		c.Extend(ctx, out[0], 3*time.Second), c.Ack(ctx, out[0]), c.Nack(ctx, out[1], "busy", -1),
		c.Nack(ctx, out[2], "", 2*time.Second), c.Reject(ctx, out[3], "bad"),
	} {
		if err != nil {
			t.Errorf("settle: %v", err)
		}
	}
	for _, d := range []contract.Delivery{out[0], out[4], {Job: contract.Job{ID: "never"}}} {
		if err := c.Ack(ctx, d); !errors.Is(err, contract.ErrNotFound) {
			t.Errorf("ack of %s: %v, want ErrNotFound", d.Job.ID, err)
		}
	}
	wantNotes := []string{
		"extend 3s 1 r-1 b1", "ack 1 r-1 b1", "nack busy -1ns 2 r-2 b2", "nack  2s 3 r-3 b3", "reject bad 4 r-4 b4",
	}
	if diff := cmp.Diff(wantNotes, driver.noted()); diff != "" {
		t.Errorf("the driver was told (-want +got):\n%s", diff)
	}
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if diff := cmp.Diff([]string{"close"}, driver.noted()); diff != "" {
		t.Errorf("after close (-want +got):\n%s", diff)
	}
	checkClosedConsumer(t, c, out[0])
}

func checkClosedConsumer(t *testing.T, c contract.Consumer, d contract.Delivery) {
	_, err := c.Receive(within(t), 1)
	for what, err := range map[string]error{"receive": err, "ack": c.Ack(within(t), d), "drain": c.Drain(within(t))} {
		if !errors.Is(err, contract.ErrClosed) {
			t.Errorf("%s after close: %v, want ErrClosed", what, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

func receiveAll(t *testing.T, c contract.Consumer, n int) (all []contract.Delivery) {
	t.Helper()
	for len(all) < n {
		some, err := c.Receive(within(t), n-len(all))
		if err != nil {
			t.Fatalf("receive: %v", err)
		}
		if len(some) == 0 || len(some) > n-len(all) {
			t.Fatalf("received %d of at most %d", len(some), n-len(all))
		}
		all = append(all, some...)
	}
	return all
}

func TestConsumerCannotOpen(t *testing.T) {
	q, _, _ := connectQueue(t, Auto)
	if _, err := q.Consume(within(t), contract.ConsumeOptions{Queue: "forbidden"}); !errors.Is(err, contract.ErrAuth) {
		t.Errorf("got %v, want ErrAuth", err)
	}
}

func TestJobsAreHandedOverOnlyWhenAsked(t *testing.T) {
	q, driver, _ := connectQueue(t, Auto)
	c, err := q.Consume(within(t), contract.ConsumeOptions{Queue: "q", Consumer: "me", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if err := q.Enqueue(within(t), []contract.Job{{Queue: "q", ID: fmt.Sprint(i), GroupKey: "g"}})[0]; err != nil {
			t.Fatal(err)
		}
	}
	receiveAll(t, c, 1)
	receiveAll(t, c, 3)
	if _, err := c.Receive(within(t), 0); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("receive of at most 0: %v", err)
	}
	want := []string{"consume q me 1m0s", "hand over 1 of 1", "hand over 3 of 3"}
	if diff := cmp.Diff(want, driver.noted()); diff != "" {
		t.Errorf("the driver handed over (-want +got):\n%s", diff)
	}
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func TestCancelledReceiveLosesNothing(t *testing.T) {
	q, _, _ := connectQueue(t, Auto)
	c, err := q.Consume(within(t), contract.ConsumeOptions{Queue: "q", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	const total = 300
	go func() {
		for i := range total {
			q.Enqueue(context.WithoutCancel(t.Context()), []contract.Job{{Queue: "q", ID: fmt.Sprint(i), GroupKey: "g"}})
		}
	}()
	seen := make(map[string]bool)
	for i := 0; len(seen) < total; i++ {
		ctx, cancel := context.WithTimeout(within(t), time.Duration(i%7)*50*time.Microsecond)
		jobs, err := c.Receive(ctx, 1+i%5)
		cancel()
		if err != nil && !errors.Is(err, contract.ErrTimeout) {
			t.Fatalf("receive: %v", err)
		}
		for _, d := range jobs {
			if seen[d.Job.ID] {
				t.Errorf("job %s came twice", d.Job.ID)
			}
			seen[d.Job.ID] = true
		}
	}
}

func TestDrainedConsumer(t *testing.T) {
	q, _, _ := connectQueue(t, Auto)
	c, err := q.Consume(within(t), contract.ConsumeOptions{Queue: "q", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	q.Enqueue(within(t), []contract.Job{{Queue: "q", ID: "1", GroupKey: "g"}})
	out := receiveAll(t, c, 1)
	if err := c.Drain(within(t)); err != nil {
		t.Fatalf("drain: %v", err)
	}
	if _, err := c.Receive(within(t), 1); !errors.Is(err, contract.ErrClosed) {
		t.Errorf("receive after drain: %v, want ErrClosed", err)
	}
	if err := c.Ack(within(t), out[0]); err != nil {
		t.Errorf("ack after drain: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func TestPluginDrainWaitsForJobs(t *testing.T) {
	q, _, life := connectQueue(t, Auto)
	c, err := q.Consume(within(t), contract.ConsumeOptions{Queue: "q", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	q.Enqueue(within(t), []contract.Job{{Queue: "q", ID: "1", GroupKey: "g"}})
	out := receiveAll(t, c, 1)
	if complete, err := life.Drain(within(t), time.Millisecond); err != nil || complete {
		t.Errorf("drain with a job out: %t, %v", complete, err)
	}
	if _, err := c.Receive(within(t), 1); !errors.Is(err, contract.ErrClosed) {
		t.Errorf("receive while draining: %v, want ErrClosed", err)
	}
	if err := c.Ack(within(t), out[0]); err != nil {
		t.Errorf("ack while draining: %v", err)
	}
	if complete, err := life.Drain(within(t), 10*time.Second); err != nil || !complete {
		t.Errorf("drain: %t, %v", complete, err)
	}
	if _, err := q.Consume(within(t), contract.ConsumeOptions{Queue: "q"}); !errors.Is(err, contract.ErrOverloaded) {
		t.Errorf("consume while draining: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// A host closes the connection when the process has ended, maybe before the
// stream noticed that; the stream then ends as cancelled, which nobody has done.
func TestAConsumerWhoseConnectionWasClosedIsGone(t *testing.T) {
	driver := newListQueue()
	cc, caps := connect(t, offer(contract.KindQueue, driver))
	q := NewQueue(cc, ClientOptions{Capabilities: caps})
	defer q.Close()
	c, err := q.Consume(within(t), contract.ConsumeOptions{Queue: "q", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	_ = cc.Close()
	if _, err := c.Receive(within(t), 1); !errors.Is(err, contract.ErrGone) {
		t.Errorf("Receive: %v, want ErrGone", err)
	}
	if err := c.Ack(within(t), contract.Delivery{Job: contract.Job{ID: "1"}, Receipt: "r"}); !errors.Is(err, contract.ErrGone) {
		t.Errorf("Ack: %v, want ErrGone", err)
	}
	_ = c.Close()
}
