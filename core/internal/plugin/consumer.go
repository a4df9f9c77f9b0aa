package plugin

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// Consume returns a consumer that outlives the plugin's process: it is opened
// anew at each successor.
func (q *queue) Consume(ctx context.Context, opts contract.ConsumeOptions) (contract.Consumer, error) {
	c := &consumer{slot: q.slot, opts: opts, gate: make(chan struct{}, 1), out: map[string]*tap{}}
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

	mu      sync.Mutex
	current *tap
	out     map[string]*tap // where each delivery that is out came from, by receipt
	drained bool
	closed  bool
}

// tap is the consumer at one process.
type tap struct {
	inner   contract.Consumer
	backend *backend[*wire.Queue]
	out     int  // deliveries without a settlement; guarded by the consumer's mutex
	ended   bool // no more deliveries come; likewise
	stopped sync.Once
}

// stop closes the tap; it may be called again.
func (t *tap) stop() {
	t.stopped.Do(func() {
		_ = t.inner.Close()
		t.backend.underway.Add(-1)
	})
}

// tap returns the present tap, opening one if there is none.
func (c *consumer) tap(ctx context.Context) (*tap, error) {
	select {
	case c.gate <- struct{}{}:
		defer func() { <-c.gate }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", contract.ErrTimeout, ctx.Err())
	}
	if t, err := c.have(); t != nil || err != nil {
		return t, err
	}
	b, err := c.slot.after(ctx, nil)
	if err != nil {
		return nil, err
	}
	b.underway.Add(1)
	inner, err := b.client.Consume(ctx, c.opts)
	if err != nil {
		b.underway.Add(-1)
		return nil, err
	}
	return c.install(&tap{inner: inner, backend: b})
}

// have returns the present tap, nil if there is none.
func (c *consumer) have() (*tap, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, contract.ErrClosed
	}
	return c.current, nil
}

func (c *consumer) install(t *tap) (*tap, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		go t.stop()
		return nil, contract.ErrClosed
	}
	c.current = t
	return t, nil
}

// Receive waits over restarts of the plugin.
func (c *consumer) Receive(ctx context.Context, max int) ([]contract.Delivery, error) {
	for {
		if c.isDrained() {
			return c.rest(ctx, max)
		}
		t, err := c.tap(ctx)
		if err != nil {
			if !isAway(err) || ctx.Err() != nil {
				return nil, err
			}
			c.slot.pause(ctx, c.slot.present.Load())
			continue
		}
		deliveries, err := c.receive(ctx, t, max)
		if len(deliveries) > 0 || (err != nil && !c.moveOn(ctx, t, err)) {
			return deliveries, err
		}
	}
}

// rest returns what is already out after Drain; a plugin that is away hands
// out nothing.
func (c *consumer) rest(ctx context.Context, max int) ([]contract.Delivery, error) {
	t, err := c.have()
	if err != nil || t == nil {
		return nil, contract.ErrClosed
	}
	deliveries, err := t.inner.Receive(ctx, max)
	c.remember(t, deliveries)
	if err != nil && ctx.Err() == nil {
		err = contract.ErrClosed
	}
	return deliveries, err
}

// receive asks one tap, until the present backend changes.
func (c *consumer) receive(ctx context.Context, t *tap, max int) ([]contract.Delivery, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	present, changed, _ := c.slot.view()
	if present != t.backend {
		c.endTap(ctx, t)
	} else {
		stop := afterFunc(changed, cancel)
		defer stop()
	}
	deliveries, err := t.inner.Receive(ctx, max)
	c.remember(t, deliveries)
	return deliveries, err
}

// afterFunc calls f when ch is closed, unless stop is called before.
func afterFunc(ch <-chan struct{}, f func()) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-ch:
			f()
		case <-done:
		}
	})
	return func() { close(done); wg.Wait() }
}

// endTap asks a tap whose backend was replaced to hand out no more.
func (c *consumer) endTap(ctx context.Context, t *tap) {
	c.mu.Lock()
	first := !t.ended
	t.ended = true
	c.mu.Unlock()
	if first {
		ctx, cancel := context.WithTimeout(ctx, settleTimeout)
		defer cancel()
		_ = t.inner.Drain(ctx)
	}
}

// moveOn decides what an error of a tap means: false is the caller's error,
// true means that Receive tries again, at another tap if this one is done.
func (c *consumer) moveOn(ctx context.Context, t *tap, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	if errors.Is(err, contract.ErrTimeout) || errors.Is(err, context.Canceled) {
		return true // the backend changed
	}
	if !isAway(err) && !errors.Is(err, contract.ErrClosed) {
		return false
	}
	c.leave(t, errors.Is(err, contract.ErrClosed))
	if c.isClosed() {
		return false
	}
	c.slot.pause(ctx, t.backend)
	return true
}

// leave forgets the present tap. One that ended in peace stays open until its
// last delivery is settled.
func (c *consumer) leave(t *tap, inPeace bool) {
	c.mu.Lock()
	if c.current == t {
		c.current = nil
	}
	t.ended = true
	wait := inPeace && t.out > 0
	if !wait {
		for receipt, from := range c.out {
			if from == t {
				delete(c.out, receipt)
			}
		}
	}
	c.mu.Unlock()
	if !wait {
		t.stop()
	}
}

func (c *consumer) Drain(ctx context.Context) error {
	c.mu.Lock()
	c.drained = true
	t := c.current
	c.mu.Unlock()
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	return t.inner.Drain(ctx)
}

func (c *consumer) Close() error {
	c.mu.Lock()
	c.closed = true
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

func (c *consumer) isDrained() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.drained
}

func (c *consumer) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
