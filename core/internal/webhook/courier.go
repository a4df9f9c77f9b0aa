package webhook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Apps finds the app of a job, as apps.Registry does.
type Apps interface {
	ByID(ctx context.Context, id string) (*apps.Handle, error)
	Held(id string) *apps.Handle
}

// courier takes jobs from the queue and brings them to their receivers.
type courier struct {
	queue    contract.Queue
	consumer contract.Consumer
	apps     Apps
	plan     func(*apps.App) *plan
	sender   *sender
	retry    Retry
	timeout  time.Duration // of one request
	lease    time.Duration
	counters func(appID string) *metrics.AppCounters
	took     *metrics.Histogram
	log      hclog.Logger
	wall     func() time.Time

	credits   chan struct{} // one token per job that may be taken
	receivers *receivers
	wg        sync.WaitGroup // one per job

	mu    sync.Mutex
	hands map[string]*errand // what is in our hands, by receipt
}

// errand is one job in the courier's hands.
type errand struct {
	contract.Delivery
	ctx    context.Context // ends when the lease is lost or time is up
	cancel context.CancelFunc
	job    *Job
}

// run does everything there is to do with a job.
func (c *courier) run(e *errand) {
	var err error
	if e.job, err = DecodeJob(e.Job.Body); err != nil {
		c.bury(e, err.Error())
		return
	}
	app, err := c.appOf(e)
	switch {
	case errors.Is(err, apps.ErrUnknown):
		c.bury(e, fmt.Sprintf("app %q does not exist any more", e.job.AppID))
		return
	case err != nil:
		c.putOff(e, c.retry, "the app cannot be looked up: "+err.Error())
		return
	}
	h := c.plan(app).find(e.job.Webhook)
	if h == nil {
		c.bury(e, "the app has no webhook with this target any more")
		return
	}
	c.deliver(e, app, h)
}

func (c *courier) appOf(e *errand) (*apps.App, error) {
	handle, err := c.apps.ByID(e.ctx, e.job.AppID)
	if err != nil {
		return nil, err
	}
	return handle.Load(), nil
}

// crowded is the least time that a job goes back for whose receiver has its share.
const crowded = time.Second

// deliver sends the job when it is the receiver's turn and tells the queue what
// came of it.
func (c *courier) deliver(e *errand, app *apps.App, h *hook) {
	retry := c.retry.of(h.Retry)
	to := c.receivers.take(h.group)
	if to == nil {
		c.count(e, metrics.WebhookDeferred)
		c.giveBack(e, "its receiver has as many jobs as it may have", crowded+rand.N(crowded))
		return
	}
	defer c.receivers.give(h.group, to)
	select {
	case to.slots <- struct{}{}:
		defer func() { <-to.slots }()
	case <-e.ctx.Done():
		c.putOff(e, retry, "its receiver was busy until time was up")
		return
	}
	done, err := to.breaker.Allow()
	if err != nil {
		c.putOff(e, retry, "its receiver fails, so it was not asked")
		return
	}
	a := c.send(e, app, h)
	done(failure(a, e))
	c.settle(e, retry, a)
}

// failure is what counts against the receiver.
func failure(a answer, e *errand) error {
	switch {
	case a.delivered() || a.final():
		return nil
	case e.ctx.Err() != nil:
		return errInterrupted
	default:
		return errors.New(a.reason())
	}
}

func (c *courier) send(e *errand, app *apps.App, h *hook) answer {
	m, err := newMessage(app, h, e.Job.ID, e.job.payload())
	if err != nil {
		return answer{err: err}
	}
	timeout := c.timeout
	if h.RequestTimeoutMS > 0 {
		timeout = time.Duration(h.RequestTimeoutMS) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(e.ctx, timeout)
	defer cancel()
	began := time.Now()
	a := c.sender.send(ctx, m)
	c.took.Observe(time.Since(began))
	return a
}

func (c *courier) settle(e *errand, retry Retry, a answer) {
	switch {
	case a.delivered():
		c.count(e, metrics.WebhookDelivered)
		c.tellQueue(e, "done", func(ctx context.Context) error { return c.consumer.Ack(ctx, e.Delivery) })
	case a.final():
		c.bury(e, "answered 410: the receiver wants no more")
	case e.ctx.Err() != nil:
		c.putOff(e, retry, "interrupted: "+a.reason())
	default:
		c.failed(e, retry, a.reason())
	}
}

// failed gives back a job that was tried in vain.
func (c *courier) failed(e *errand, retry Retry, reason string) {
	wait, over := retry.afterFailure(e.Attempt, c.age(e), rand.Float64())
	if over != "" {
		c.bury(e, over+": "+reason)
		return
	}
	c.count(e, metrics.WebhookRetried)
	c.giveBack(e, reason, wait)
}

// putOff gives back a job that was not tried, or at once one that was interrupted.
func (c *courier) putOff(e *errand, retry Retry, reason string) {
	wait, over := retry.later(e.Attempt, c.age(e), rand.Float64())
	if e.ctx.Err() != nil {
		wait, over = 0, ""
	}
	if over != "" {
		c.bury(e, over+": "+reason)
		return
	}
	c.count(e, metrics.WebhookDeferred)
	c.giveBack(e, reason, wait)
}

// age counts from the event, or from when the job came into the queue if that
// was later: a dead letter that is replayed begins anew.
func (c *courier) age(e *errand) time.Duration {
	from := e.job.born()
	if e.EnqueuedAt.After(from) {
		from = e.EnqueuedAt
	}
	return max(c.wall().Sub(from), 0)
}

func (c *courier) count(e *errand, o metrics.WebhookOutcome) {
	c.counters(e.job.AppID).WebhookDeliveries[o].Add(1)
}
