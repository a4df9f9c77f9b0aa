package wire

import (
	"context"
	"sync"
)

// registry knows the open consumers, for Drain.
type registry struct {
	mu   sync.Mutex
	open map[*consuming]struct{}
}

// add returns what removes it again.
func (r *registry) add(c *consuming) (remove func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		r.open = make(map[*consuming]struct{})
	}
	r.open[c] = struct{}{}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.open, c)
	}
}

// drain drains all consumers at once and waits for them, at most until ctx ends.
func (r *registry) drain(ctx context.Context) {
	r.mu.Lock()
	var wg sync.WaitGroup
	for c := range r.open {
		wg.Go(func() {
			if err := c.drainDriver(ctx); err != nil {
				c.s.logger.Warn("consumer was not drained", "err", err)
			}
		})
	}
	r.mu.Unlock()
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
