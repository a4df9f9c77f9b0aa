package webhook

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

// outbox holds events on their way to the queue: those that are collected for a
// batch, and jobs in one lane per group. At most one job of a lane is handed to
// the queue at a time, so a job that is refused for now is never overtaken.
// Safe for concurrent use.
type outbox struct {
	batching Batching
	limit    int // bytes
	now      func() time.Duration
	wall     func() time.Time
	counters func(appID string) *metrics.AppCounters
	drops    *drops
	wake     chan struct{} // has a token when there may be something to do

	mu      sync.Mutex
	batches map[string]*batch // open, by group of the hook
	opened  []*batch          // in the order of their ends
	lanes   map[string]*lane
	ready   []*lane // have a job to hand over
	resting []*lane // wait for their second try, in order
	bytes   int
	share   map[string]int // bytes by app
	ended   bool
}

// lane holds the jobs of a group in their order.
type lane struct {
	app   string
	group string
	jobs  []contract.Job
	until time.Duration // while it rests
}

// restPause is the time after which a job that the queue refused is offered again.
const restPause = 500 * time.Millisecond

// roundJobs and roundBytes bound what is handed to the queue in one call.
const (
	roundJobs  = 256
	roundBytes = 1 << 20
)

// jobOverhead is what a job counts for beside its body.
const jobOverhead = 256

func size(j *contract.Job) int { return jobOverhead + len(j.Body) }

// add takes an event for all webhooks of the plan that want it.
func (o *outbox) add(p *plan, e event) {
	appID := p.record.ID
	var text []byte
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, h := range p.hooks {
		if !h.match(e.kind, e.channel) {
			continue
		}
		if text == nil {
			text = e.appendJSON(nil)
			o.counters(appID).WebhookEvents[e.kind].Add(1)
		}
		if o.batching.Enabled {
			o.collect(appID, h, text)
		} else {
			o.push(appID, newJob(rand.Text(), appID, h, e.subject(), o.wall().UnixMilli(), text))
		}
	}
}

// push puts a job into its lane. While the queue is away an app may use as much
// room as it leaves to others; a job that finds none is dropped and counted.
func (o *outbox) push(appID string, j contract.Job) {
	n := size(&j)
	switch {
	case len(j.Body) > maxJobBytes:
		o.drops.add(dropTooLarge)
		return
	case o.ended:
		o.drops.add(dropStopped)
		return
	case o.share[appID]+n > o.limit-o.bytes:
		o.drops.add(dropFull)
		return
	}
	o.bytes += n
	o.share[appID] += n
	l := o.lanes[j.GroupKey]
	if l == nil {
		l = &lane{app: appID, group: j.GroupKey}
		o.lanes[j.GroupKey] = l
	}
	l.jobs = append(l.jobs, j)
	if len(l.jobs) == 1 {
		o.ready = append(o.ready, l)
		o.poke()
	}
}

// poke has the clerk look again.
func (o *outbox) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// round takes the lanes whose first job is to be handed over now.
func (o *outbox) round(now time.Duration) ([]*lane, []contract.Job) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.resting) > 0 && o.resting[0].until <= now {
		o.ready = append(o.ready, o.resting[0])
		o.resting = o.resting[1:]
	}
	var jobs []contract.Job
	total := 0
	for _, l := range o.ready[:min(len(o.ready), roundJobs)] {
		if total += size(&l.jobs[0]); total > roundBytes && len(jobs) > 0 {
			break
		}
		jobs = append(jobs, l.jobs[0])
	}
	lanes := o.ready[:len(jobs):len(jobs)]
	o.ready = o.ready[len(jobs):]
	return lanes, jobs
}

// settle takes what became of a round: nil is a job that the queue has now,
// refused ones are dropped, all others stay first in their lanes.
func (o *outbox) settle(lanes []*lane, errs []error, now time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, l := range lanes {
		switch {
		case errs[i] == nil:
			o.shift(l)
		case isRefusal(errs[i]):
			o.drops.add(dropRefused)
			o.shift(l)
		default:
			l.until = now + restPause
			o.resting = append(o.resting, l)
		}
	}
}

// shift takes the first job out of a lane.
func (o *outbox) shift(l *lane) {
	n := size(&l.jobs[0])
	o.bytes -= n
	if o.share[l.app] -= n; o.share[l.app] == 0 {
		delete(o.share, l.app)
	}
	l.jobs[0] = contract.Job{}
	if l.jobs = l.jobs[1:]; len(l.jobs) == 0 {
		delete(o.lanes, l.group)
		return
	}
	o.ready = append(o.ready, l)
}

// next returns when there is something to do without a poke; false if never.
func (o *outbox) next() (at time.Duration, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.resting) > 0 {
		at, ok = o.resting[0].until, true
	}
	if len(o.opened) > 0 && (!ok || o.opened[0].due < at) {
		at, ok = o.opened[0].due, true
	}
	return at, ok
}

// end refuses further events and returns how many jobs are held.
func (o *outbox) end() (left int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	for _, l := range o.lanes {
		left += len(l.jobs)
	}
	o.drops.addN(dropStopped, left)
	return left
}

// empty reports whether nothing waits.
func (o *outbox) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.lanes) == 0 && len(o.opened) == 0
}
