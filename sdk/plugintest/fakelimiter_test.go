package plugintest_test

import (
	"context"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// fakeLimiter is a right limiter in a map, unless a flaw is switched on.
type fakeLimiter struct {
	flaw flaw

	mu      sync.Mutex
	full    map[string]time.Time // when the whole limit is free again
	answers map[string]contract.LeaseResult
}

var _ contract.RateLeaser = (*fakeLimiter)(nil)

func newFakeLimiter(f flaw) *fakeLimiter {
	return &fakeLimiter{flaw: f, full: map[string]time.Time{}, answers: map[string]contract.LeaseResult{}}
}

func (l *fakeLimiter) Take(_ context.Context, req contract.TakeRequest) (contract.TakeResult, error) {
	res, err := l.take(req, func(contract.TakeResult) uint32 { return req.Cost })
	return res.TakeResult, err
}

func (l *fakeLimiter) Lease(_ context.Context, req contract.TakeRequest, want uint32) (contract.LeaseResult, error) {
	return l.take(req, func(before contract.TakeResult) uint32 { return min(want, before.Remaining) })
}

// take takes what choose says after it has seen the state.
func (l *fakeLimiter) take(req contract.TakeRequest, choose func(contract.TakeResult) uint32) (contract.LeaseResult, error) {
	if req.Cost == 0 || req.Limit == 0 || req.Window < time.Millisecond {
		return contract.LeaseResult{}, contract.ErrInvalid
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if res, ok := l.answers[req.ID]; ok && req.ID != "" {
		return res, nil
	}
	now, unit := time.Now(), req.Window/time.Duration(req.Limit)
	burst := req.Window
	if l.flaw == oneTooMany {
		burst += unit
	}
	used := max(0, l.full[req.Key].Sub(now))
	cost := choose(l.result(used, unit, burst))
	after := used + time.Duration(cost)*unit
	res := contract.LeaseResult{Granted: cost, ValidFor: req.Window}
	if after <= burst {
		l.full[req.Key] = now.Add(after)
		res.TakeResult = l.result(after, unit, burst)
		res.Allowed = true
	} else {
		res.TakeResult = l.result(used, unit, burst)
		res.RetryAfter = after - burst
	}
	l.answers[req.ID] = res
	return res, nil
}

func (l *fakeLimiter) result(used, unit, burst time.Duration) contract.TakeResult {
	return contract.TakeResult{Remaining: uint32((burst - used) / unit), ResetAfter: used}
}

func (l *fakeLimiter) Reset(_ context.Context, key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.full, key)
	return nil
}
