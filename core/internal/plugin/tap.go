package plugin

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

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
	switch t, err := c.have(); {
	case err != nil:
		return nil, err
	case t != nil && !t.backend.left.Load():
		return t, nil
	case t != nil:
		c.leave(t, true)
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
