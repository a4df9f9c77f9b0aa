package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/jobrules"
)

// consumer takes jobs from one queue. What it holds is known to the store
// alone, by receipt, so nothing is lost when it goes.
type consumer struct {
	q     *queue
	queue string
	lease time.Duration

	// Under q.mu: quit is closed when drained is set; closed implies drained.
	quit            chan struct{}
	drained, closed bool
}

var _ contract.Consumer = (*consumer)(nil)

// Receive waits for jobs.
func (c *consumer) Receive(ctx context.Context, most int) ([]contract.Delivery, error) {
	if most < 1 {
		return nil, fmt.Errorf("%w: ask for at least 1 job, not %d", contract.ErrInvalid, most)
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%w: wait for jobs: %w", contract.ErrTimeout, err)
		}
		ds, bell, err := c.take(most)
		if err != nil || len(ds) > 0 {
			return ds, err
		}
		bell.wait(ctx, c.quit)
	}
}

// take returns jobs, or the bell to wait for if there are none.
func (c *consumer) take(most int) ([]contract.Delivery, *bell, error) {
	c.q.mu.Lock()
	defer c.q.mu.Unlock()
	if c.drained {
		return nil, nil, fmt.Errorf("%w: this consumer takes no more jobs", contract.ErrClosed)
	}
	if !c.q.frozen {
		if ds := c.q.store.take(c.queue, most, c.lease, c.q.now()); len(ds) > 0 {
			return ds, nil, nil
		}
	}
	return nil, c.q.bell(c.queue), nil
}

// wait returns when the bell rings, when something is due, or when ctx or quit end.
func (b *bell) wait(ctx context.Context, quit <-chan struct{}) {
	var due <-chan time.Time
	if b.timed {
		timer := time.NewTimer(time.Until(b.due))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-b.rung:
	case <-due:
	case <-ctx.Done():
	case <-quit:
	}
}

// settle runs one of the calls that end or extend a hand-over.
func (c *consumer) settle(f func(now time.Time) error) error {
	return c.q.change(c.queue, func(now time.Time) error {
		if c.closed {
			return fmt.Errorf("%w: the consumer was closed", contract.ErrClosed)
		}
		return f(now)
	})
}

// Ack removes the job.
func (c *consumer) Ack(_ context.Context, d contract.Delivery) error {
	return c.settle(func(now time.Time) error { return c.q.store.ack(c.queue, d.Receipt, now) })
}

// Nack gives the job back.
func (c *consumer) Nack(_ context.Context, d contract.Delivery, reason string, after time.Duration) error {
	return c.settle(func(now time.Time) error { return c.q.store.nack(c.queue, d.Receipt, reason, after, now) })
}

// Reject makes the job a dead letter.
func (c *consumer) Reject(_ context.Context, d contract.Delivery, reason string) error {
	return c.settle(func(now time.Time) error { return c.q.store.reject(c.queue, d.Receipt, reason, now) })
}

// Extend gives the job a new lease.
func (c *consumer) Extend(_ context.Context, d contract.Delivery, lease time.Duration) error {
	if err := jobrules.CheckLease(lease); err != nil {
		return err
	}
	return c.settle(func(now time.Time) error { return c.q.store.extend(c.queue, d.Receipt, lease, now) })
}

// Drain ends hand-overs at once: nothing was fetched ahead.
func (c *consumer) Drain(context.Context) error {
	c.end(false)
	return nil
}

// Close ends hand-overs and settling.
func (c *consumer) Close() error {
	c.end(true)
	return nil
}

func (c *consumer) end(closed bool) {
	c.q.mu.Lock()
	defer c.q.mu.Unlock()
	if !c.drained {
		close(c.quit)
	}
	c.drained, c.closed = true, c.closed || closed
}
