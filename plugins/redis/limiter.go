package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
)

// limiterOptions are what the server sends for rate_limiter.driver redis and
// redis-cluster.
type limiterOptions struct {
	Prefix     string            `json:"prefix" jsonschema:"what all keys begin with; a key follows as it is"`
	Connection connectionOptions `json:"connection" jsonschema:"where Redis is"`
}

// Defaults sets what a configuration need not say.
func (o *limiterOptions) Defaults() {
	*o = limiterOptions{Prefix: "rl:", Connection: defaultConnection()}
}

func (o *limiterOptions) validate() error {
	var p contract.OptionErrors
	checkPrefix(&p, o.Prefix)
	o.Connection.validate(&p)
	return p.Err()
}

// limiter keeps each limit under its own key: one number, gone when everything
// that was taken is free again. The clock is that of Redis.
type limiter struct {
	*client
	prefix string
	clock  func() string // the time in microseconds, in tests; "": that of Redis

	allowed, denied atomic.Uint64
}

var (
	_ contract.RateLimiter   = (*limiter)(nil)
	_ contract.RateLeaser    = (*limiter)(nil)
	_ contract.Closer        = (*limiter)(nil)
	_ contract.HealthChecker = (*limiter)(nil)
	_ contract.MetricsSource = (*limiter)(nil)
)

// openLimiter returns a limiter that is ready, or will be when Redis is.
func openLimiter(ctx context.Context, opts limiterOptions, env sdk.Env) (*limiter, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	c, err := dial(opts.Connection, classCommands)
	if err != nil {
		return nil, err
	}
	c.announce(ctx, env.Logger)
	return &limiter{client: c, prefix: opts.Prefix, clock: func() string { return "" }}, nil
}

// Health asks every master.
func (l *limiter) Health(ctx context.Context) error { return l.health(ctx) }

// Take takes all of the cost or nothing. Without an id, it is not repeated when
// a connection broke under it.
func (l *limiter) Take(ctx context.Context, req contract.TakeRequest) (contract.TakeResult, error) {
	_, result, err := l.take(ctx, req, req.Cost, true)
	return result, err
}

// Lease takes as much as there is, at most want. What it grants stays good for a
// tenth of the window, at most a second; units that were not spent by then are
// lost, and what is spent late lets a window see up to the lease more than Limit.
func (l *limiter) Lease(ctx context.Context, req contract.TakeRequest, want uint32) (contract.LeaseResult, error) {
	if want < 1 {
		return contract.LeaseResult{}, fmt.Errorf("%w: a lease is of at least 1 unit", contract.ErrInvalid)
	}
	granted, result, err := l.take(ctx, req, want, false)
	return contract.LeaseResult{Granted: granted, ValidFor: min(req.Window/10, time.Second), TakeResult: result}, err
}

// Reset forgets what was taken from key.
func (l *limiter) Reset(ctx context.Context, key string) error {
	return l.do(ctx, again, func(ctx context.Context) error { return l.Unlink(ctx, l.prefix+key).Err() })
}

var takeScript = mustScript("limiter_take")

func (l *limiter) take(ctx context.Context, req contract.TakeRequest, cost uint32, whole bool) (uint32, contract.TakeResult, error) {
	if err := checkTake(req); err != nil {
		return 0, contract.TakeResult{}, err
	}
	rule, kept := once, int64(0)
	if req.ID != "" {
		rule, kept = again, onceTTL.Milliseconds()
	}
	key := l.prefix + req.Key
	interval := max(1, int64(req.Window)/int64(req.Limit))
	all := 0
	if whole {
		all = 1
	}
	reply, err := l.run(ctx, rule, takeScript, []string{key, l.prefix + reserved + tagOf(slotOf(key)) + ":" + req.ID},
		cost, interval, int64(req.Window), all, kept, l.clock())
	if err != nil {
		return 0, contract.TakeResult{}, err
	}
	return l.result(req, interval, reply)
}

// result reads the answer of the script.
func (l *limiter) result(req contract.TakeRequest, interval int64, reply any) (uint32, contract.TakeResult, error) {
	var n [4]int64
	list, _ := reply.([]any)
	if len(list) != len(n) {
		return 0, contract.TakeResult{}, fmt.Errorf("%w: the script answered %d values", contract.ErrInternal, len(list))
	}
	for i := range n {
		n[i], _ = list[i].(int64)
	}
	granted := uint32(n[0])
	result := contract.TakeResult{
		Allowed: granted > 0, ResetAfter: time.Duration(n[1]), RetryAfter: time.Duration(n[2]),
		Remaining: uint32(min(n[3]/interval, int64(req.Limit))),
	}
	if result.Allowed {
		l.allowed.Add(1)
	} else {
		l.denied.Add(1)
	}
	return granted, result, nil
}

// maxKey is the longest key of a limit, in bytes.
const maxKey = 1 << 10

func checkTake(req contract.TakeRequest) error {
	switch {
	case req.Cost < 1 || req.Limit < 1 || req.Window < time.Millisecond:
		return fmt.Errorf("%w: take from %q: cost %d and limit %d must be at least 1, window %v at least 1ms",
			contract.ErrInvalid, req.Key, req.Cost, req.Limit, req.Window)
	case len(req.Key) > maxKey || !utf8.ValidString(req.Key):
		return fmt.Errorf("%w: a key is at most %d bytes of UTF-8, this one has %d", contract.ErrInvalid, maxKey, len(req.Key))
	}
	return nil
}

// Metrics returns the series of the limiter.
func (l *limiter) Metrics() []contract.Sample {
	return append(l.metrics(),
		counter("rate_limiter_allowed_total", "Requests that were allowed, and leases that granted something.", l.allowed.Load()),
		counter("rate_limiter_denied_total", "Requests that were denied, and leases that granted nothing.", l.denied.Load()),
	)
}
