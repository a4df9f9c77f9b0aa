package contract

import (
	"context"
	"time"
)

// RateLimiter counts what is taken from shared limits. The algorithm is GCRA:
// Limit per Window with a burst of Limit, on the clock of the backend.
type RateLimiter interface {
	// Take asks for cost units of a limit. A denied request takes nothing.
	Take(ctx context.Context, req TakeRequest) (TakeResult, error)
	// Reset forgets what was taken from key; absent keys are no error.
	Reset(ctx context.Context, key string) error
}

// TakeRequest names a limit and what is wanted of it.
type TakeRequest struct {
	Key string
	// Cost is at least 1.
	Cost uint32
	// Limit units per Window; both at least 1 (Window: 1 ms).
	Limit  uint32
	Window time.Duration
	// ID makes a retry within a minute count once; may be empty.
	ID string
}

// TakeResult is the answer and what the response headers need.
type TakeResult struct {
	Allowed   bool
	Remaining uint32
	// ResetAfter is the time until the whole limit is free again.
	ResetAfter time.Duration
	// RetryAfter is the time until the same request would be allowed; 0 if it was.
	RetryAfter time.Duration
}

// RateLeaser is implemented by limiters that hand out units ahead (CapLimitLease).
type RateLeaser interface {
	// Lease takes up to want units at once for the caller to spend until they
	// expire. Granted may be 0.
	Lease(ctx context.Context, req TakeRequest, want uint32) (LeaseResult, error)
}

// LeaseResult is what a lease grants.
type LeaseResult struct {
	Granted  uint32
	ValidFor time.Duration
	TakeResult
}
