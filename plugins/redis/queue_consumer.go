package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// safetyLook is how often a consumer that waits looks for work although nothing
// was announced: whatever is lost, no job waits longer for it.
const safetyLook = 15 * time.Second

// consumer takes jobs from one queue.
type consumer struct {
	q    *queue
	opts contract.ConsumeOptions
	bell *bell
	quit chan struct{} // closed: no more hand-overs

	claims *claims

	turn    sync.Mutex          // held by Receive; Close waits for it
	waiting chan claimed        // of a claim that an earlier call did not wait for
	ready   []contract.Delivery // handed over, but more than that call asked for

	mu              sync.Mutex
	drained, closed bool
}

var _ contract.Consumer = (*consumer)(nil)

func newConsumer(q *queue, opts contract.ConsumeOptions) *consumer {
	return &consumer{
		q: q, opts: opts, bell: q.bellOf(opts.Queue), quit: make(chan struct{}),
		claims: &claims{q: q, queue: opts.Queue, lease: opts.Lease},
	}
}

// Receive waits for jobs.
func (c *consumer) Receive(ctx context.Context, most int) ([]contract.Delivery, error) {
	if most < 1 {
		return nil, fmt.Errorf("%w: ask for at least 1 job, not %d", contract.ErrInvalid, most)
	}
	c.turn.Lock()
	defer c.turn.Unlock()
	for {
		if len(c.ready) > 0 {
			return c.deal(most), nil
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%w: wait for jobs: %w", contract.ErrTimeout, err)
		}
		if c.isDrained() && c.waiting == nil {
			return nil, fmt.Errorf("%w: this consumer takes no more jobs", contract.ErrClosed)
		}
		if err := c.look(ctx, most); err != nil {
			return nil, err
		}
	}
}

// deal hands out what is ready.
func (c *consumer) deal(most int) []contract.Delivery {
	n := min(most, len(c.ready))
	some := c.ready[:n:n]
	c.ready = c.ready[n:]
	return some
}

func (c *consumer) isDrained() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.drained
}

// look claims jobs once, and if there are none waits until there may be some.
func (c *consumer) look(ctx context.Context, most int) error {
	rung, listening := c.bell.next() // before the claim: what comes after it rings
	if c.waiting == nil {
		n, freed, next := c.q.slots.reserve(most, time.Now())
		if n == 0 {
			patience := safetyLook
			if !next.IsZero() {
				patience = time.Until(next)
			}
			c.rest(ctx, freed, patience)
			return nil
		}
		c.waiting = c.claims.start(n)
	}
	select {
	case got := <-c.waiting:
		c.waiting = nil
		if c.ready = got.jobs; len(got.jobs) > 0 || got.err != nil {
			return got.err
		}
		c.rest(ctx, rung, c.patience(got.next, listening))
	case <-ctx.Done():
	}
	return nil
}

// patience is how long to wait for a ring.
func (c *consumer) patience(next time.Duration, listening bool) time.Duration {
	most := safetyLook
	if !listening {
		most = millis(c.q.options.Reliability.WorkerPollIntervalMS)
	}
	if next >= 0 {
		return min(next, most)
	}
	return most
}

func (c *consumer) rest(ctx context.Context, rung <-chan struct{}, d time.Duration) {
	t := time.NewTimer(max(d, time.Millisecond))
	defer t.Stop()
	select {
	case <-rung:
	case <-t.C:
	case <-ctx.Done():
	case <-c.quit:
	}
}

// Drain ends hand-overs: Receive returns what a claim under way brings yet.
func (c *consumer) Drain(context.Context) error {
	c.end(false)
	return nil
}

// Close ends the consumer and gives back what nobody was told of.
func (c *consumer) Close() error {
	if !c.end(true) {
		return nil
	}
	c.turn.Lock()
	defer c.turn.Unlock()
	if c.waiting != nil {
		got := <-c.waiting
		c.ready = append(c.ready, got.jobs...)
	}
	for _, d := range c.ready {
		_, _ = c.q.settle(context.Background(), c.opts.Queue, d.Receipt, settlement{how: untake})
	}
	c.q.slots.leave(c.claims)
	c.bell.leave()
	return nil
}

// end reports whether it is the first to close.
func (c *consumer) end(closed bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := closed && !c.closed
	if !c.drained {
		close(c.quit)
	}
	c.drained, c.closed = true, c.closed || closed
	return first
}
