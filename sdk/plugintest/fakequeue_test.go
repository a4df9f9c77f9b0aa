package plugintest_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// fakeQueue is a right queue in a slice, unless a flaw is switched on.
type fakeQueue struct {
	flaw flaw

	mu       sync.Mutex
	jobs     []*fakeJob
	accepted map[string]time.Time
	dead     map[string][]contract.DeadLetter // by queue
	changed  chan struct{}                    // closed and replaced at every change
	handed   int
}

type fakeJob struct {
	contract.Delivery
	holder    *fakeConsumer
	notBefore time.Time
	leaseEnds time.Time
}

type fakeConsumer struct {
	q       *fakeQueue
	opts    contract.ConsumeOptions
	ended   chan struct{} // closed by Drain and Close
	endOnce sync.Once
}

var (
	_ contract.Queue       = (*fakeQueue)(nil)
	_ contract.DeadLetters = (*fakeQueue)(nil)
	_ contract.Declarer    = (*fakeQueue)(nil)
	_ contract.Consumer    = (*fakeConsumer)(nil)
)

func newFakeQueue(f flaw) *fakeQueue {
	return &fakeQueue{
		flaw: f, accepted: map[string]time.Time{},
		dead: map[string][]contract.DeadLetter{}, changed: make(chan struct{}),
	}
}

func (q *fakeQueue) Capabilities() []contract.Capability {
	return []contract.Capability{contract.CapQueueDelay, contract.CapQueueGroup, contract.CapQueueFIFO}
}

func (q *fakeQueue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

var fakeQueueName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (q *fakeQueue) Enqueue(_ context.Context, jobs []contract.Job) []error {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer q.wake()
	errs := make([]error, len(jobs))
	for i, j := range jobs {
		if !fakeQueueName.MatchString(j.Queue) || j.ID == "" || j.GroupKey == "" || len(j.GroupKey) > 256 || len(j.Body) > 256<<10 {
			errs[i] = fmt.Errorf("job %q: %w", j.ID, contract.ErrInvalid)
			continue
		}
		if at, ok := q.accepted[j.ID]; !ok || time.Since(at) >= 5*time.Minute {
			q.add(j)
		}
	}
	return errs
}

func (q *fakeQueue) add(j contract.Job) {
	q.accepted[j.ID] = time.Now()
	j.Body = bytes.Clone(j.Body)
	q.jobs = append(q.jobs, &fakeJob{
		Delivery:  contract.Delivery{Job: j, EnqueuedAt: time.Now()},
		notBefore: time.Now().Add(j.Delay),
	})
}

func (q *fakeQueue) Consume(_ context.Context, opts contract.ConsumeOptions) (contract.Consumer, error) {
	return &fakeConsumer{q: q, opts: opts, ended: make(chan struct{})}, nil
}

// sweep takes lost jobs back and returns when the next change by time is due.
func (q *fakeQueue) sweep(now time.Time) time.Duration {
	next := time.Hour
	for _, j := range slices.Clone(q.jobs) {
		switch {
		case j.holder != nil && !now.Before(j.leaseEnds):
			q.giveBack(j, "lease lost", now)
		case j.holder != nil:
			next = min(next, j.leaseEnds.Sub(now))
		case now.Before(j.notBefore):
			next = min(next, j.notBefore.Sub(now))
		}
	}
	return next
}

func (q *fakeQueue) remove(j *fakeJob) {
	q.jobs = slices.DeleteFunc(q.jobs, func(o *fakeJob) bool { return o == j })
}

func (q *fakeQueue) giveBack(j *fakeJob, reason string, notBefore time.Time) {
	j.holder = nil
	j.notBefore = notBefore
	allowed := j.Job.MaxAttempts
	if allowed == 0 {
		allowed = 10
	}
	if j.Attempt >= allowed {
		q.bury(j, reason)
	}
	if q.flaw == retriedLast && slices.Contains(q.jobs, j) {
		q.remove(j)
		q.jobs = append(q.jobs, j)
	}
}

func (q *fakeQueue) bury(j *fakeJob, reason string) {
	q.remove(j)
	q.dead[j.Job.Queue] = append(q.dead[j.Job.Queue], contract.DeadLetter{
		Job: j.Job, Attempts: j.Attempt, Reason: reason, DiedAt: time.Now(),
	})
}

// ready returns the jobs that may be handed over now, in order.
func (q *fakeQueue) ready(queue string, now time.Time, max int) []*fakeJob {
	var ready []*fakeJob
	blocked := map[string]bool{}
	for _, j := range q.jobs {
		if j.Job.Queue != queue || blocked[j.Job.GroupKey] || len(ready) == max {
			continue
		}
		waits := now.Before(j.notBefore)
		blocked[j.Job.GroupKey] = (!waits || j.Attempt > 0) && q.flaw != groupsIgnored
		if j.holder == nil && !waits {
			ready = append(ready, j)
		}
	}
	return ready
}

func (q *fakeQueue) Stats(_ context.Context, queue string) (contract.QueueStats, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.sweep(now)
	st := contract.QueueStats{Dead: uint64(len(q.dead[queue])), Durability: contract.InMemory}
	for _, j := range q.jobs {
		switch {
		case j.Job.Queue != queue:
		case j.holder != nil:
			st.Out++
		case now.Before(j.notBefore):
			st.Delayed++
		default:
			st.Waiting++
			st.OldestAge = max(st.OldestAge, now.Sub(j.EnqueuedAt))
		}
	}
	return st, nil
}

func (q *fakeQueue) ListDead(_ context.Context, queue, token string, limit int) ([]contract.DeadLetter, string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sweep(time.Now())
	at, _ := strconv.Atoi(token)
	all := q.dead[queue]
	end := min(at+limit, len(all))
	if end == len(all) {
		return slices.Clone(all[at:]), "", nil
	}
	return slices.Clone(all[at:end]), strconv.Itoa(end), nil
}

func (q *fakeQueue) ReplayDead(_ context.Context, queue string, ids []string) (int64, error) {
	taken := q.takeDead(queue, ids)
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, d := range taken {
		q.add(d.Job)
	}
	q.wake()
	return int64(len(taken)), nil
}

func (q *fakeQueue) PurgeDead(_ context.Context, queue string, ids []string) (int64, error) {
	return int64(len(q.takeDead(queue, ids))), nil
}

func (q *fakeQueue) takeDead(queue string, ids []string) []contract.DeadLetter {
	q.mu.Lock()
	defer q.mu.Unlock()
	var taken []contract.DeadLetter
	q.dead[queue] = slices.DeleteFunc(slices.Clone(q.dead[queue]), func(d contract.DeadLetter) bool {
		chosen := len(ids) == 0 || slices.Contains(ids, d.Job.ID)
		if chosen {
			taken = append(taken, d)
		}
		return chosen
	})
	return taken
}
