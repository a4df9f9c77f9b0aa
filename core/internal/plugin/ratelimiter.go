package plugin

import (
	"context"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// rateLimiter is the shared limiter behind the plugin. When it fails the
// caller decides locally.
type rateLimiter struct {
	slot *slot[*wire.RateLimiter]
}

var (
	_ contract.RateLimiter = (*rateLimiter)(nil)
	_ contract.RateLeaser  = (*rateLimiter)(nil)
)

func newRateLimiter(driver string, o *Options) *rateLimiter {
	return &rateLimiter{slot: newSlot(contract.KindRateLimiter, driver, limiterTimeout, o,
		func(cc grpc.ClientConnInterface, caps []contract.Capability) (*wire.RateLimiter, func() error) {
			c := wire.NewRateLimiter(cc, wire.ClientOptions{Capabilities: caps, Timeout: limiterTimeout})
			return c, c.Close
		})}
}

func (r *rateLimiter) Take(ctx context.Context, req contract.TakeRequest) (contract.TakeResult, error) {
	return do(ctx, r.slot, method{id: methodTake, repeatable: req.ID != ""},
		func(ctx context.Context, c *wire.RateLimiter) (contract.TakeResult, error) { return c.Take(ctx, req) })
}

func (r *rateLimiter) Reset(ctx context.Context, key string) error {
	_, err := do(ctx, r.slot, method{id: methodReset, repeatable: true},
		func(ctx context.Context, c *wire.RateLimiter) (struct{}, error) { return struct{}{}, c.Reset(ctx, key) })
	return err
}

func (r *rateLimiter) Lease(ctx context.Context, req contract.TakeRequest, want uint32) (contract.LeaseResult, error) {
	return do(ctx, r.slot, method{id: methodLease, repeatable: req.ID != ""},
		func(ctx context.Context, c *wire.RateLimiter) (contract.LeaseResult, error) {
			return c.Lease(ctx, req, want)
		})
}
