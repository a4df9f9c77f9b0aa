package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/jobrules"
)

// queue is the queue driver: the store under one lock, and consumers that wait
// for it to change. It starts no goroutine and keeps no timer but those of
// consumers that wait.
type queue struct {
	lease time.Duration // of consumers that name none
	now   func() time.Time

	mu     sync.Mutex
	store  *store
	bells  map[string]*bell // of queues that somebody waits for
	frozen bool             // while the state is exported nothing may change
}

// bell wakes all that wait for a queue.
type bell struct {
	rung  chan struct{} // closed when it rings
	timed bool          // whether anything in the queue waits for a time,
	due   time.Time     // and then when they wake by themselves
}

var (
	_ contract.Queue         = (*queue)(nil)
	_ contract.DeadLetters   = (*queue)(nil)
	_ contract.Declarer      = (*queue)(nil)
	_ contract.Inline        = (*queue)(nil)
	_ contract.MetricsSource = (*queue)(nil)
)

// openQueue makes a queue that is empty.
func openQueue(_ context.Context, opts queueOptions, _ sdk.Env) (*queue, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	q := &queue{
		lease: millis(opts.LeaseDurationMS),
		now:   time.Now,
		store: newStore(opts.rules()),
		bells: map[string]*bell{},
	}
	// Receipts are made of numbers. Beginning at the clock keeps them apart from
	// those of a predecessor whose jobs are imported later.
	q.store.seq = uint64(time.Now().UnixNano())
	return q, nil
}

// Capabilities declares what the order and the exact timing of the store give.
func (q *queue) Capabilities() []contract.Capability {
	return []contract.Capability{contract.CapQueueDelay, contract.CapQueueGroup, contract.CapQueueFIFO}
}

// Inline says that no call blocks.
func (q *queue) Inline() bool { return true }

// change runs f, which changes a queue, and wakes those who may now find a job.
func (q *queue) change(name string, f func(now time.Time) error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.frozen {
		return errFrozen
	}
	err := f(q.now())
	q.ring(name)
	return err
}

// ring wakes those who wait for a queue if it has a job for them or if
// something will be due earlier than they know.
func (q *queue) ring(name string) {
	b := q.bells[name]
	if b == nil {
		return
	}
	due, timed := q.store.next(name)
	if q.store.isReady(name) || timed && (!b.timed || due.Before(b.due)) {
		close(b.rung)
		delete(q.bells, name)
	}
}

// bell returns what to wait for in a queue that has nothing ready. While the
// queue is frozen nothing becomes due.
func (q *queue) bell(name string) *bell {
	due, timed := q.store.next(name)
	if q.frozen {
		due, timed = time.Time{}, false
	}
	b := q.bells[name]
	if b != nil && b.timed == timed && b.due.Equal(due) {
		return b
	}
	if b != nil { // the others must hear of the new time
		close(b.rung)
	}
	b = &bell{rung: make(chan struct{}), due: due, timed: timed}
	q.bells[name] = b
	return b
}

// Enqueue stores jobs in memory. A job that finds the queue full is refused
// with ErrOverloaded and a hint; the others are stored all the same.
func (q *queue) Enqueue(_ context.Context, jobs []contract.Job) []error {
	errs := make([]error, len(jobs))
	for i, j := range jobs {
		errs[i] = q.change(j.Queue, func(now time.Time) error { return q.store.enqueue(j, now) })
	}
	return errs
}

// Consume begins to take jobs; it does not fetch ahead.
func (q *queue) Consume(_ context.Context, opts contract.ConsumeOptions) (contract.Consumer, error) {
	if err := jobrules.CheckQueue(opts.Queue); err != nil {
		return nil, err
	}
	if opts.Lease == 0 {
		opts.Lease = q.lease
	}
	if err := jobrules.CheckLease(opts.Lease); err != nil {
		return nil, err
	}
	return &consumer{q: q, queue: opts.Queue, lease: opts.Lease, quit: make(chan struct{})}, nil
}

// Stats counts the jobs of one queue exactly.
func (q *queue) Stats(_ context.Context, name string) (contract.QueueStats, error) {
	var st contract.QueueStats
	err := q.view(name, func(l *line, now time.Time) { st = l.stats(now) })
	st.Durability = contract.InMemory
	return st, err
}

// view runs f, which only reads, on a queue that may not be there yet.
func (q *queue) view(name string, f func(l *line, now time.Time)) error {
	if err := jobrules.CheckQueue(name); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	l := q.store.lines[name]
	if l == nil {
		l = newLine(name)
	}
	if !q.frozen {
		q.store.advance(l, now)
		q.ring(name)
	}
	f(l, now)
	return nil
}

// ListDead returns a page of dead letters, oldest first.
func (q *queue) ListDead(_ context.Context, name, token string, limit int) ([]contract.DeadLetter, string, error) {
	from, err := parseDeadToken(token)
	if err != nil {
		return nil, "", err
	}
	if limit < 1 {
		return nil, "", fmt.Errorf("%w: a page has at least 1 dead letter, not %d", contract.ErrInvalid, limit)
	}
	var page []contract.DeadLetter
	var next string
	err = q.view(name, func(l *line, _ time.Time) { page, next = l.deadPage(from, limit) })
	return page, next, err
}

// ReplayDead puts dead letters back, oldest first, as far as there is room. It
// fails with ErrOverloaded only if there is room for none.
func (q *queue) ReplayDead(_ context.Context, name string, ids []string) (n int64, err error) {
	if err := jobrules.CheckQueue(name); err != nil {
		return 0, err
	}
	err = q.change(name, func(now time.Time) error {
		n, err = q.store.replay(q.store.line(name, now), ids, now)
		return err
	})
	return n, err
}

// PurgeDead deletes dead letters.
func (q *queue) PurgeDead(_ context.Context, name string, ids []string) (n int64, err error) {
	if err := jobrules.CheckQueue(name); err != nil {
		return 0, err
	}
	err = q.change(name, func(now time.Time) error {
		n = q.store.purge(q.store.line(name, now), ids)
		return nil
	})
	return n, err
}

// Metrics returns the series of all queues together.
func (q *queue) Metrics() []contract.Sample {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.store
	return slices.Concat(
		counter("queue_enqueued_total", "Jobs stored.", s.enqueued),
		counter("queue_refused_total", "Jobs refused because the queue was full.", s.refused),
		counter("queue_done_total", "Jobs acknowledged.", s.done),
		counter("queue_returned_total", "Jobs given back by their consumer.", s.retried),
		counter("queue_lost_leases_total", "Leases that ended without an outcome.", s.lost),
		counter("queue_dead_total", "Jobs that became dead letters.", s.buried),
		counter("queue_dead_dropped_total", "Dead letters dropped to make place.", s.forgotten),
		gauge("queue_jobs", "Jobs held that are neither done nor dead.", float64(s.jobs)),
		gauge("queue_bytes", "Bytes of jobs and dead letters held.", float64(s.bytes)),
	)
}
