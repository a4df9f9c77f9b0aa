package plugin

import (
	"context"
	"errors"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// remember notes where deliveries came from.
func (c *consumer) remember(t *tap, deliveries []contract.Delivery) {
	for _, d := range deliveries {
		c.settled(d) // some queue may use a receipt again
		c.mu.Lock()
		t.out++
		c.out[d.Receipt] = t
		c.mu.Unlock()
	}
}

// origin returns the tap from which a delivery came, if that is still open.
func (c *consumer) origin(d contract.Delivery) *tap {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out[d.Receipt]
}

// settled forgets a delivery and closes its tap if it was the last one.
func (c *consumer) settled(d contract.Delivery) {
	c.mu.Lock()
	t := c.out[d.Receipt]
	delete(c.out, d.Receipt)
	last := false
	if t != nil {
		t.out--
		last = t.ended && t.out == 0 && c.current != t
	}
	c.mu.Unlock()
	if last {
		t.stop()
	}
}

// settle acts on a delivery where it came from; when that process is gone or has
// handed its state over, at its successor, which may know the receipt or answer
// ErrNotFound.
func (c *consumer) settle(ctx context.Context, d contract.Delivery, f func(context.Context, contract.Consumer) error) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	t := c.origin(d)
	if t != nil && !t.backend.left.Load() {
		err := c.act(ctx, t, f)
		if !errors.Is(err, contract.ErrGone) {
			return err
		}
		c.leave(t, false)
	}
	next, err := c.tap(ctx)
	if err != nil {
		return err
	}
	return c.act(ctx, next, f)
}

func (c *consumer) act(ctx context.Context, t *tap, f func(context.Context, contract.Consumer) error) error {
	_, err := call(ctx, c.slot, t.backend, method{id: methodSettle}, normal,
		func(ctx context.Context, _ *wire.Queue) (struct{}, error) { return struct{}{}, f(ctx, t.inner) })
	return err
}

func (c *consumer) Ack(ctx context.Context, d contract.Delivery) error {
	defer c.settled(d)
	return c.settle(ctx, d, func(ctx context.Context, in contract.Consumer) error { return in.Ack(ctx, d) })
}

func (c *consumer) Nack(ctx context.Context, d contract.Delivery, reason string, retryAfter time.Duration) error {
	defer c.settled(d)
	return c.settle(ctx, d, func(ctx context.Context, in contract.Consumer) error {
		return in.Nack(ctx, d, reason, retryAfter)
	})
}

func (c *consumer) Reject(ctx context.Context, d contract.Delivery, reason string) error {
	defer c.settled(d)
	return c.settle(ctx, d, func(ctx context.Context, in contract.Consumer) error { return in.Reject(ctx, d, reason) })
}

func (c *consumer) Extend(ctx context.Context, d contract.Delivery, lease time.Duration) error {
	return c.settle(ctx, d, func(ctx context.Context, in contract.Consumer) error { return in.Extend(ctx, d, lease) })
}
