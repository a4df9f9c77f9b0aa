package plugintest

import (
	"slices"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// RateLimiterConfig describes a rate limiter to its suite.
type RateLimiterConfig struct {
	// Open returns the limiter for one case.
	Open func(t *testing.T) contract.RateLimiter
	// Capabilities are what the driver declares; nil: found by type assertion.
	Capabilities []contract.Capability
	// Advance moves the driver's own clock. Bubble runs every case in a
	// synctest bubble instead. With neither, time passes for real.
	Advance func(d time.Duration)
	Bubble  bool

	clients opener[contract.RateLimiter] // instead of Open, if not nil
}

// RateLimiter checks every promise of contract.RateLimiter and RateLeaser.
func RateLimiter(t *testing.T, cfg RateLimiterConfig) {
	t.Helper()
	cases := slices.Concat(limiterTake, limiterExact, limiterShared, limiterLease)
	open := directly(cfg.clients, cfg.Open, cfg.Capabilities)
	play(t, pace{advance: cfg.Advance, bubble: cfg.Bubble}, cases, func(t *testing.T) *limiterBench {
		l, caps := open(t)
		return &limiterBench{
			bench:   bench{T: t, pace: pace{advance: cfg.Advance, bubble: cfg.Bubble}, caps: caps},
			limiter: l,
			prefix:  unique("suite:") + ":",
		}
	})
}

// limiterBench is the limiter of one case, and keys that only this case uses.
type limiterBench struct {
	bench
	limiter contract.RateLimiter
	prefix  string
}

type limiterCase = scenario[*limiterBench]

// ask makes a request for one unit of a limit that no case sees refilled in real time.
func (b *limiterBench) ask(name string, limit uint32) contract.TakeRequest {
	return contract.TakeRequest{Key: b.prefix + name, Cost: 1, Limit: limit, Window: time.Duration(limit) * time.Hour}
}

// costing is ask for more than one unit.
func (b *limiterBench) costing(name string, limit, cost uint32) contract.TakeRequest {
	req := b.ask(name, limit)
	req.Cost = cost
	return req
}

// take asks and returns the answer.
func (b *limiterBench) take(req contract.TakeRequest) contract.TakeResult {
	b.Helper()
	res, err := b.limiter.Take(b.Context(), req)
	wantNil(b.T, "Take", err)
	return res
}

func (b *limiterBench) allows(req contract.TakeRequest, remaining uint32) contract.TakeResult {
	b.Helper()
	res := b.take(req)
	if !res.Allowed {
		b.Fatalf("Take of %d was denied (%d remaining), want allowed", req.Cost, res.Remaining)
	}
	wantSame(b.T, "remaining", res.Remaining, remaining)
	wantSame(b.T, "RetryAfter of an allowed request", res.RetryAfter, 0)
	return res
}

func (b *limiterBench) denies(req contract.TakeRequest, remaining uint32) contract.TakeResult {
	b.Helper()
	res := b.take(req)
	if res.Allowed {
		b.Fatalf("Take of %d was allowed (%d remaining), want denied", req.Cost, res.Remaining)
	}
	wantSame(b.T, "remaining", res.Remaining, remaining)
	return res
}
