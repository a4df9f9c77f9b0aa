package webhook

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// fakeQueue is a queue that hands out one job per group, in memory, by the clock
// of the test.
type fakeQueue struct {
	mu       sync.Mutex
	jobs     []*fakeJob // in the order of their coming
	seen     map[string]bool
	dead     []contract.DeadLetter
	changed  chan struct{}
	drained  bool
	seq      int
	refusal  error // of Enqueue
	silence  error // of what is told about hand-overs
	volatile bool
}

type fakeJob struct {
	contract.Job
	at       time.Time
	due      time.Time
	attempts uint32
	receipt  string // "" unless out
	until    time.Time
}

func newFakeQueue() *fakeQueue {
	return &fakeQueue{seen: map[string]bool{}, changed: make(chan struct{})}
}

func (q *fakeQueue) change(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f()
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *fakeQueue) Enqueue(_ context.Context, jobs []contract.Job) []error {
	errs := make([]error, len(jobs))
	q.change(func() {
		for i, j := range jobs {
			errs[i] = q.refusal
			if errs[i] == nil && !q.seen[j.ID] {
				q.seen[j.ID] = true
				now := time.Now()
				q.jobs = append(q.jobs, &fakeJob{Job: j, at: now, due: now.Add(j.Delay)})
			}
		}
	})
	return errs
}

func (q *fakeQueue) Consume(context.Context, contract.ConsumeOptions) (contract.Consumer, error) {
	return q, nil
}

func (q *fakeQueue) Stats(context.Context, string) (contract.QueueStats, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	st := contract.QueueStats{Dead: uint64(len(q.dead)), Durability: contract.OnDisk}
	if q.volatile {
		st.Durability = contract.InMemory
	}
	for _, j := range q.jobs {
		switch {
		case j.receipt != "":
			st.Out++
		case j.due.After(time.Now()):
			st.Delayed++
		default:
			st.Waiting++
		}
	}
	return st, nil
}

func (q *fakeQueue) Receive(ctx context.Context, max int) ([]contract.Delivery, error) {
	for {
		ds, next, changed, over := q.take(max)
		if len(ds) > 0 {
			return ds, nil
		}
		if over {
			return nil, contract.ErrClosed
		}
		timer := time.NewTimer(next)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, contract.ErrTimeout
		}
		timer.Stop()
	}
}

func (q *fakeQueue) take(most int) (ds []contract.Delivery, next time.Duration, changed chan struct{}, over bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now, blocked := time.Now(), map[string]bool{}
	next = time.Hour
	for _, j := range q.jobs {
		if blocked[j.GroupKey] || q.drained {
			continue
		}
		blocked[j.GroupKey] = true
		ready := j.due
		if j.receipt != "" {
			ready = j.until
		}
		if wait := ready.Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		if len(ds) == most {
			break
		}
		q.seq++
		j.attempts++
		j.receipt, j.until = fmt.Sprint(q.seq), now.Add(30*time.Second)
		ds = append(ds, contract.Delivery{Job: j.Job, Attempt: j.attempts, EnqueuedAt: j.at, Receipt: j.receipt})
	}
	return ds, next, q.changed, q.drained
}

func (q *fakeQueue) settle(d contract.Delivery, f func(i int, j *fakeJob)) (err error) {
	q.change(func() {
		if err = q.silence; err != nil {
			return
		}
		i := slices.IndexFunc(q.jobs, func(j *fakeJob) bool { return j.receipt == d.Receipt })
		if i < 0 {
			err = contract.ErrNotFound
			return
		}
		f(i, q.jobs[i])
	})
	return err
}

func (q *fakeQueue) Ack(_ context.Context, d contract.Delivery) error {
	return q.settle(d, func(i int, _ *fakeJob) { q.jobs = slices.Delete(q.jobs, i, i+1) })
}

func (q *fakeQueue) Nack(_ context.Context, d contract.Delivery, _ string, after time.Duration) error {
	return q.settle(d, func(_ int, j *fakeJob) { j.receipt, j.due = "", time.Now().Add(after) })
}

func (q *fakeQueue) Reject(_ context.Context, d contract.Delivery, reason string) error {
	return q.settle(d, func(i int, j *fakeJob) {
		q.jobs = slices.Delete(q.jobs, i, i+1)
		q.dead = append(q.dead, contract.DeadLetter{Job: j.Job, Attempts: j.attempts, Reason: reason, DiedAt: time.Now()})
	})
}

func (q *fakeQueue) Extend(_ context.Context, d contract.Delivery, lease time.Duration) error {
	return q.settle(d, func(_ int, j *fakeJob) { j.until = time.Now().Add(lease) })
}

func (q *fakeQueue) Drain(context.Context) error {
	q.change(func() { q.drained = true })
	return nil
}

func (q *fakeQueue) Close() error { return nil }

// refuse has every Enqueue fail, nil: not any more.
func (q *fakeQueue) refuse(err error) { q.change(func() { q.refusal = err }) }

// silent has everything that is told about hand-overs fail, nil: not any more.
func (q *fakeQueue) silent(err error) { q.change(func() { q.silence = err }) }

// forget is what kill -9 does to a queue in memory.
func (q *fakeQueue) forget() {
	q.change(func() { q.jobs, q.dead, q.seen = nil, nil, map[string]bool{} })
}

// replay puts all dead letters back as new jobs.
func (q *fakeQueue) replay() {
	q.change(func() {
		for _, l := range q.dead {
			q.jobs = append(q.jobs, &fakeJob{Job: l.Job, at: time.Now(), due: time.Now()})
		}
		q.dead = nil
	})
}

func (q *fakeQueue) deadReasons() (reasons []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range q.dead {
		reasons = append(reasons, l.Reason)
	}
	return reasons
}

var errFull = &contract.RetryError{Err: contract.ErrOverloaded, After: time.Second}
