package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// consumer takes jobs from a line. What is out is known to the line, so nothing
// is lost when a consumer goes. Its fields but quit are under the line's lock.
type consumer struct {
	line  *line
	lease time.Duration

	quit            chan struct{} // closed when drained is set; closed implies drained
	drained, closed bool
	out             int // jobs out
}

var _ contract.Consumer = (*consumer)(nil)

func (l *line) consume(lease time.Duration) *consumer {
	c := &consumer{line: l, lease: lease, quit: make(chan struct{})}
	l.mu.Lock()
	l.consumers[c] = true
	l.mu.Unlock()
	return c
}

// room is how many jobs more may be out. The caller holds the line's lock.
func (c *consumer) room() int { return max(c.line.q.opts.room()-c.out, 0) }

var errDrained = fmt.Errorf("%w: this consumer takes no more jobs", contract.ErrClosed)

// Receive waits for jobs. While SQS cannot be reached it goes on waiting; Health
// and the log tell of that.
func (c *consumer) Receive(ctx context.Context, most int) ([]contract.Delivery, error) {
	if most < 1 {
		return nil, fmt.Errorf("%w: ask for at least 1 job, not %d", contract.ErrInvalid, most)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w: wait for jobs: %w", contract.ErrTimeout, ctx.Err())
	}
	w, ds, err := c.queueUp(ctx, most)
	if err != nil || len(ds) > 0 {
		return ds, err
	}
	select {
	case ds := <-w.got:
		return ds, nil
	case <-ctx.Done():
		err = fmt.Errorf("%w: wait for jobs: %w", contract.ErrTimeout, ctx.Err())
	case <-c.quit:
		err = errDrained
	}
	return c.giveUp(w, err)
}

// queueUp returns jobs that are here already, or a waiter.
func (c *consumer) queueUp(ctx context.Context, most int) (*waiter, []contract.Delivery, error) {
	l := c.line
	l.mu.Lock()
	if c.drained {
		l.mu.Unlock()
		return nil, nil, errDrained
	}
	ds, short := l.pick(c, most)
	w := &waiter{c: c, most: most, got: make(chan []contract.Delivery, 1)}
	if len(ds) == 0 {
		l.waiters = append(l.waiters, w)
		poke(l.wake)
	}
	l.mu.Unlock()
	l.release(context.WithoutCancel(ctx), short)
	return w, ds, nil
}

// giveUp ends a wait; jobs that came in the last moment count.
func (c *consumer) giveUp(w *waiter, err error) ([]contract.Delivery, error) {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	c.line.leave(w)
	select {
	case ds := <-w.got:
		return ds, nil
	default:
		return nil, err
	}
}

// settle runs one of the calls about a job that is out, one at a time per job.
// f gets a message that this process holds, or one made of a receipt of an
// earlier process, which has no consumer; done ends the hand-over.
func (c *consumer) settle(ctx context.Context, d contract.Delivery, f func(m *message) (done bool, err error)) error {
	m, err := c.find(d)
	if err != nil {
		return err
	}
	if m.consumer == nil {
		_, err := f(m)
		return err
	}
	select {
	case <-m.lock:
		defer func() { m.lock <- struct{}{} }()
	case <-ctx.Done():
		return fmt.Errorf("%w: wait for another call about the job", contract.ErrTimeout)
	}
	if err := c.stillOut(m); err != nil {
		return err
	}
	done, err := f(m)
	if done {
		c.line.drop(m)
	}
	return err
}

// find returns the message of a hand-over.
func (c *consumer) find(d contract.Delivery) (*message, error) {
	l := c.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.closed {
		return nil, fmt.Errorf("%w: the consumer was closed", contract.ErrClosed)
	}
	if m := l.held[d.Receipt]; m != nil {
		return m, nil
	}
	handle, foreign := l.handleOf(d.Receipt)
	if !foreign {
		return nil, errLost
	}
	now := time.Now()
	m := &message{id: handle, handle: handle, received: now, attempt: d.Attempt}
	m.env = &envelope{ID: d.Job.ID, Group: d.Job.GroupKey, MaxAttempts: d.Job.MaxAttempts}
	return m, nil
}

var errLost = fmt.Errorf("%w: the job is not out, or its lease was lost", contract.ErrNotFound)

func (c *consumer) stillOut(m *message) error {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	if c.line.held[m.receipt] != m || !time.Now().Before(m.deadline) {
		return errLost
	}
	return nil
}

// Ack removes the job.
func (c *consumer) Ack(ctx context.Context, d contract.Delivery) error {
	l := c.line
	return c.settle(ctx, d, func(m *message) (bool, error) {
		err := l.remover.remove(ctx, m.handle)
		if m.consumer != nil && errors.Is(err, contract.ErrNotFound) {
			err = nil // it was ours; an earlier try has removed it
		}
		if err != nil {
			m.finished = errors.Is(err, contract.ErrTimeout) || errors.Is(err, contract.ErrUnavailable)
			return false, err
		}
		l.q.counts.done.Add(1)
		l.mu.Lock()
		l.done.add(d.Job.ID, time.Now())
		delete(l.extra, m.id)
		l.mu.Unlock()
		return true, nil
	})
}

// Nack gives the job back, to come again after a time that is rounded up to
// whole seconds, or makes it a dead letter.
func (c *consumer) Nack(ctx context.Context, d contract.Delivery, reason string, after time.Duration) error {
	l := c.line
	return c.settle(ctx, d, func(m *message) (bool, error) {
		if m.attempt >= l.attempts(m.env) {
			err := l.bury(ctx, d.Job, m, m.attempt, reason)
			return err == nil, err
		}
		if after < 0 {
			after = l.q.opts.Reliability.backOff(m.attempt)
		}
		err := l.giveBack(ctx, m, after)
		if err == nil {
			l.q.counts.returned.Add(1)
		}
		return err == nil || errors.Is(err, contract.ErrNotFound), err
	})
}

// Reject makes the job a dead letter.
func (c *consumer) Reject(ctx context.Context, d contract.Delivery, reason string) error {
	l := c.line
	return c.settle(ctx, d, func(m *message) (bool, error) {
		err := l.bury(ctx, d.Job, m, m.attempt, reason)
		return err == nil, err
	})
}

// Extend gives the job a new lease. SQS lets no job be out for more than 12 hours.
func (c *consumer) Extend(ctx context.Context, d contract.Delivery, lease time.Duration) error {
	if lease < time.Second || lease > mostVisibility-margin {
		return fmt.Errorf("%w: a lease is from 1s to %v, not %v", contract.ErrInvalid, mostVisibility-margin, lease)
	}
	l := c.line
	return c.settle(ctx, d, func(m *message) (bool, error) {
		hides := l.visibility(lease)
		now := time.Now()
		if err := l.hide(ctx, m, hides); err != nil {
			return errors.Is(err, contract.ErrNotFound), err
		}
		l.mu.Lock()
		m.deadline, m.hidden = now.Add(lease), now.Add(hides)
		if end := m.received.Add(mostVisibility - margin); m.deadline.After(end) {
			m.deadline = end
		}
		l.mu.Unlock()
		return false, nil
	})
}

// Drain ends hand-overs to this consumer.
func (c *consumer) Drain(context.Context) error {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	c.drain()
	return nil
}

// drain is Drain for those who hold the lock.
func (c *consumer) drain() {
	if !c.drained {
		c.drained = true
		close(c.quit)
	}
}

// Close ends the consumer. The line keeps the leases of what is out.
func (c *consumer) Close() error {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	c.drain()
	c.closed = true
	delete(c.line.consumers, c)
	return nil
}

// backOff is the driver's own wait after a hand-over.
func (r *reliability) backOff(attempt uint32) time.Duration {
	const doublings = 30
	d := float64(r.RetryBaseDelayMS) * float64(uint64(1)<<min(max(attempt, 1)-1, doublings))
	d *= 1 - r.RetryJitter + 2*r.RetryJitter*rand.Float64()
	return millis(int64(min(d, float64(r.RetryMaxDelayMS))))
}
