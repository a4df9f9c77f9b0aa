package apps

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/core/internal/limit"
)

const (
	// guardAtWork is how many questions for apps that are not held the store has
	// at a time; guardWaiting is how many more wait their turn.
	guardAtWork  = 64
	guardWaiting = 4096
)

// guard stands before the store where apps are asked for that are not held: any
// client can name a key. What the store has passes; what it lacks uses up a
// budget, and while that is spent nothing passes.
type guard struct {
	rate    limit.Rate
	slots   chan struct{}
	inside  atomic.Int64
	refused atomic.Uint64

	mu     sync.Mutex
	misses limit.Bucket
}

func newGuard(missesPerSecond int) *guard {
	return &guard{rate: limit.NewRate(missesPerSecond, time.Second), slots: make(chan struct{}, guardAtWork)}
}

// admit counts a look-up until done is called, or refuses it with ErrUnavailable.
func (g *guard) admit() (done func(), err error) {
	if g.inside.Add(1) > guardAtWork+guardWaiting {
		g.inside.Add(-1)
		return nil, g.refuse("too many apps are looked up at once")
	}
	return func() { g.inside.Add(-1) }, nil
}

// enter waits for a place before the store; leave gives it back. The error is
// ErrUnavailable.
func (g *guard) enter(ctx context.Context, now time.Duration) (leave func(), err error) {
	if !g.ready(now) {
		return nil, g.refuse("too many unknown apps are asked for")
	}
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	case <-ctx.Done():
		return nil, g.refuse("the store is too slow")
	}
}

func (g *guard) ready(now time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.misses.Ready(g.rate, int64(now))
}

// missed counts a name that the store does not have. Of several that passed
// together each counts, also over the budget.
func (g *guard) missed(now time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.misses.Charge(g.rate, int64(now))
}

func (g *guard) refuse(why string) error {
	g.refused.Add(1)
	return fmt.Errorf("%w: %s", ErrUnavailable, why)
}
