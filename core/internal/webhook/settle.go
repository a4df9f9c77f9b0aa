package webhook

import (
	"context"
	"errors"
	"time"

	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

// settleTimeout bounds one call about a job, which must be possible while all
// else ends.
const settleTimeout = 3 * time.Second

// giveBack returns the job to the queue, to be handed over after wait. If the
// queue does not know this hand-over any more, because its process is another
// one or the lease was lost, the job is enqueued again under its id: a queue
// that still has it stores it once.
func (c *courier) giveBack(e *errand, reason string, wait time.Duration) {
	c.tellQueue(e, "given back", func(ctx context.Context) error {
		err := c.consumer.Nack(ctx, e.Delivery, reason, wait)
		if err == nil || isAway(err) && e.ctx.Err() == nil {
			return err
		}
		job := e.Job
		job.Delay = wait
		return errors.Join(c.queue.Enqueue(ctx, []contract.Job{job})...)
	})
}

// bury makes the job a dead letter.
func (c *courier) bury(e *errand, reason string) {
	if e.job != nil {
		c.count(e, metrics.WebhookDead)
	}
	c.log.Warn("webhook job is given up", "job", e.Job.ID, "group", e.Job.GroupKey, "reason", reason)
	c.tellQueue(e, "given up", func(ctx context.Context) error { return c.consumer.Reject(ctx, e.Delivery, reason) })
}

// tellQueue runs f, whatever has ended meanwhile. While the queue is away it tries
// again until the lease ends: a job whose outcome is never told stays out for so
// long, and its group with it. It tries no more when the courier ends. A hand-over
// that the queue no longer knows is no failure: the job was done by somebody or is
// handed over again.
func (c *courier) tellQueue(e *errand, what string, f func(context.Context) error) {
	c.drop(e)
	lease, cancel := context.WithTimeout(e.ctx, c.lease)
	defer cancel()
	err := within(settleTimeout, f)
	for isAway(err) && pauseFor(lease, pause) == nil {
		err = within(settleTimeout, f)
	}
	if err != nil && !errors.Is(err, contract.ErrNotFound) {
		c.log.Warn("the queue could not be told about a webhook job; it may be handed over again",
			"job", e.Job.ID, "outcome", what, "err", err)
	}
}

// isAway is whether a queue may answer another time.
func isAway(err error) bool {
	return errors.Is(err, contract.ErrUnavailable) || errors.Is(err, contract.ErrTimeout) || errors.Is(err, contract.ErrGone)
}

func within(d time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return f(ctx)
}

// drop ends the renewals of a job.
func (c *courier) drop(e *errand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hands[e.Receipt] == e {
		delete(c.hands, e.Receipt)
	}
}

// renew extends the leases of all jobs in our hands at every interval until ctx ends.
func (c *courier) renew(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.renewAll(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (c *courier) renewAll(ctx context.Context) {
	for _, e := range c.inHand() {
		ctx, cancel := context.WithTimeout(ctx, settleTimeout)
		err := c.consumer.Extend(ctx, e.Delivery, c.lease)
		cancel()
		if errors.Is(err, contract.ErrNotFound) {
			e.cancel() // another one may have it now
		}
	}
}

func (c *courier) inHand() []*errand {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]*errand, 0, len(c.hands))
	for _, e := range c.hands {
		all = append(all, e)
	}
	return all
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
