package webhook

import (
	"context"
	"errors"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// grab is how many jobs are asked for at a time.
const grab = 32

// pause is the wait after the queue could not be asked.
const pause = time.Second

// take takes jobs until ctx ends or the consumer has no more, and gives each of
// them to a goroutine that work bounds.
func (c *courier) take(ctx, work context.Context) {
	for {
		n := c.claim(ctx)
		if n == 0 {
			return
		}
		deliveries, err := c.consumer.Receive(ctx, n)
		c.release(n - len(deliveries))
		for _, d := range deliveries {
			c.begin(work, d)
		}
		if errors.Is(err, contract.ErrClosed) || ctx.Err() != nil {
			return
		}
		if err != nil {
			c.log.Warn("cannot take webhook jobs from the queue", "err", err)
			sleep(ctx, pause)
		}
	}
}

// claim waits for a credit and takes what there is, up to grab; 0 if ctx ended.
func (c *courier) claim(ctx context.Context) int {
	select {
	case <-c.credits:
	case <-ctx.Done():
		return 0
	}
	for n := 1; n < grab; n++ {
		select {
		case <-c.credits:
		default:
			return n
		}
	}
	return grab
}

func (c *courier) release(n int) {
	for range n {
		c.credits <- struct{}{}
	}
}

func (c *courier) begin(work context.Context, d contract.Delivery) {
	e := &errand{Delivery: d}
	e.ctx, e.cancel = context.WithCancel(work)
	c.mu.Lock()
	c.hands[d.Receipt] = e
	c.mu.Unlock()
	c.wg.Go(func() {
		defer c.end(e)
		c.run(e)
	})
}

func (c *courier) end(e *errand) {
	e.cancel()
	c.mu.Lock()
	if c.hands[e.Receipt] == e {
		delete(c.hands, e.Receipt)
	}
	c.mu.Unlock()
	c.release(1)
}
