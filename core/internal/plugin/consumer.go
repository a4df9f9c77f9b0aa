package plugin

import (
	"context"
	"errors"
	"sync"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// Consume returns a consumer that outlives the plugin's process: it is opened
// anew at each successor.
func (q *queue) Consume(ctx context.Context, opts contract.ConsumeOptions) (contract.Consumer, error) {
	c := &consumer{slot: q.slot, opts: opts, gate: make(chan struct{}, 1), out: map[string]*tap{}}
	c.taking, c.end = context.WithCancel(context.Background())
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	if _, err := c.tap(ctx); err != nil && !isAway(err) {
		return nil, err
	}
	return c, nil
}

// consumer is the facade of one consumer.
type consumer struct {
	slot *slot[*wire.Queue]
	opts contract.ConsumeOptions
	gate chan struct{} // held while a tap is opened

	taking context.Context // until Drain or Close
	end    context.CancelFunc

	mu      sync.Mutex
	current *tap
	out     map[string]*tap // where each delivery that is out came from, by receipt
	drained bool
	last    *tap // the current one when hand-overs ended; what it has is handed out
	closed  bool
}

// Receive waits over restarts of the plugin.
func (c *consumer) Receive(ctx context.Context, max int) ([]contract.Delivery, error) {
	for {
		if c.taking.Err() != nil {
			return c.rest(ctx, max)
		}
		deliveries, err, again := c.try(ctx, max)
		if !again {
			return deliveries, err
		}
	}
}

// try receives from the present tap. It asks for another try after what passes
// by itself, and waits before that unless something has changed.
func (c *consumer) try(ctx context.Context, max int) (_ []contract.Delivery, err error, again bool) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.taking, cancel)()
	t, err := c.tap(waiting)
	b, _, shut := c.slot.view()
	switch {
	case c.taking.Err() != nil:
		return nil, nil, true
	case err == nil:
		deliveries, err := c.receive(ctx, t, max)
		if len(deliveries) > 0 || err == nil || ctx.Err() != nil || !c.passes(t, err) {
			return deliveries, err, false
		}
		b = t.backend
	case ctx.Err() != nil || !isAway(err):
		return nil, err, false
	case shut:
		return nil, contract.ErrClosed, false
	}
	c.slot.pause(waiting, b)
	return nil, nil, true
}

// rest returns what is already out after Drain; a plugin that is away hands
// out nothing.
func (c *consumer) rest(ctx context.Context, max int) ([]contract.Delivery, error) {
	c.mu.Lock()
	t := c.last
	if c.closed {
		t = nil
	}
	c.mu.Unlock()
	if t == nil {
		return nil, contract.ErrClosed
	}
	deliveries, err := t.inner.Receive(ctx, max)
	c.remember(t, deliveries)
	if err != nil && ctx.Err() == nil {
		err = contract.ErrClosed
	}
	return deliveries, err
}

// passes is whether Receive tries again after an error of a tap, at another one
// if this one is done. A tap whose backend is away or late is kept: it is still
// good for settlements.
func (c *consumer) passes(t *tap, err error) bool {
	closed := errors.Is(err, contract.ErrClosed)
	if closed || errors.Is(err, contract.ErrGone) {
		c.leave(t, closed)
	}
	return isAway(err)
}

// Drain implements contract.Consumer. A plugin that is away hands out nothing
// anyway.
func (c *consumer) Drain(ctx context.Context) error {
	c.mu.Lock()
	if !c.drained {
		c.drained, c.last = true, c.current
		c.end()
	}
	t := c.last
	c.mu.Unlock()
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	err := t.inner.Drain(ctx)
	if errors.Is(err, contract.ErrGone) || errors.Is(err, contract.ErrClosed) {
		return nil // Receive may have heard of the end before
	}
	return err
}

// Close implements contract.Consumer.
func (c *consumer) Close() error {
	c.mu.Lock()
	c.closed = true
	c.end()
	taps := map[*tap]bool{}
	for _, t := range c.out {
		taps[t] = true
	}
	if c.current != nil {
		taps[c.current] = true
	}
	c.current, c.out = nil, map[string]*tap{}
	c.mu.Unlock()
	for t := range taps {
		t.stop()
	}
	return nil
}
