package core

import (
	"context"

	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/sdk/contract"
)

// sharedLimiter asks a limiter that nodes share and, while that does not
// answer, does what rate_limiter.on_error says.
type sharedLimiter struct {
	shared  contract.RateLimiter
	local   *limit.Keyed
	onError string
}

var _ contract.RateLimiter = (*sharedLimiter)(nil)

// Take never fails: without an answer it limits here, admits or refuses.
func (l *sharedLimiter) Take(ctx context.Context, req contract.TakeRequest) (contract.TakeResult, error) {
	result, err := l.shared.Take(ctx, req)
	switch {
	case err == nil:
		return result, nil
	case l.onError == "open":
		return contract.TakeResult{Allowed: true, Remaining: req.Limit}, nil
	case l.onError == "closed":
		return contract.TakeResult{RetryAfter: req.Window, ResetAfter: req.Window}, nil
	default:
		return l.local.Take(ctx, req)
	}
}

// Reset forgets a key in both places.
func (l *sharedLimiter) Reset(ctx context.Context, key string) error {
	_ = l.local.Reset(ctx, key)
	return l.shared.Reset(ctx, key)
}
