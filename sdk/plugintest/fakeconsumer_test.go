package plugintest_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

func (c *fakeConsumer) Receive(ctx context.Context, max int) ([]contract.Delivery, error) {
	for {
		ds, changed, next := c.try(ctx, max)
		if len(ds) > 0 {
			return ds, nil
		}
		timer := time.NewTimer(next)
		select {
		case <-c.ended:
			timer.Stop()
			return nil, contract.ErrClosed
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// try hands over what is ready; else it returns what to wait for.
func (c *fakeConsumer) try(ctx context.Context, max int) ([]contract.Delivery, <-chan struct{}, time.Duration) {
	q := c.q
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	next := q.sweep(now)
	select {
	case <-c.ended:
		return nil, q.changed, next
	default:
	}
	if ctx.Err() != nil {
		return nil, q.changed, next
	}
	var ds []contract.Delivery
	for _, j := range q.ready(c.opts.Queue, now, max) {
		q.handed++
		j.holder, j.leaseEnds = c, now.Add(c.opts.Lease)
		j.Attempt++
		j.Receipt = fmt.Sprint("r", q.handed)
		d := j.Delivery
		d.Job.Body = bytes.Clone(d.Job.Body)
		ds = append(ds, d)
	}
	return ds, q.changed, next
}

// settle finds the job of a delivery that is still out and calls f.
func (c *fakeConsumer) settle(d contract.Delivery, f func(j *fakeJob)) error {
	q := c.q
	q.mu.Lock()
	defer q.mu.Unlock()
	defer q.wake()
	q.sweep(time.Now())
	for _, j := range q.jobs {
		if j.holder != nil && j.Receipt == d.Receipt {
			f(j)
			return nil
		}
	}
	return fmt.Errorf("job %s: %w", d.Job.ID, contract.ErrNotFound)
}

func (c *fakeConsumer) Ack(_ context.Context, d contract.Delivery) error {
	return c.settle(d, c.q.remove)
}

func (c *fakeConsumer) Nack(_ context.Context, d contract.Delivery, reason string, after time.Duration) error {
	if after < 0 {
		after = time.Second
	}
	return c.settle(d, func(j *fakeJob) { c.q.giveBack(j, reason, time.Now().Add(after)) })
}

func (c *fakeConsumer) Reject(_ context.Context, d contract.Delivery, reason string) error {
	return c.settle(d, func(j *fakeJob) { c.q.bury(j, reason) })
}

func (c *fakeConsumer) Extend(_ context.Context, d contract.Delivery, lease time.Duration) error {
	return c.settle(d, func(j *fakeJob) { j.leaseEnds = time.Now().Add(lease) })
}

func (c *fakeConsumer) Drain(context.Context) error {
	c.endOnce.Do(func() { close(c.ended) })
	return nil
}

func (c *fakeConsumer) Close() error {
	c.endOnce.Do(func() { close(c.ended) })
	if c.q.flaw != losesOnCrash {
		return nil
	}
	c.q.mu.Lock()
	defer c.q.mu.Unlock()
	for _, j := range append([]*fakeJob{}, c.q.jobs...) {
		if j.holder == c {
			c.q.remove(j)
		}
	}
	return nil
}
