package limit

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// leastLeased is the smallest limit of which units are leased. Smaller ones are
// exact: every request is asked for.
const leastLeased = 100

// Shared is a limit that nodes share.
type Shared interface {
	contract.RateLimiter
	contract.RateLeaser
}

// Leased spends units of a shared limit that it took ahead, so that a busy key
// costs few calls, and answers by itself while a denial holds. At most a tenth
// of a limit is taken ahead, and a quarter of what is left; units that are not
// spent in time are lost. Whatever several nodes admit together was taken from
// the shared limit before, so it never exceeds it over any time from the first
// request on; a single window may see up to a tenth per node more than the
// limit, which the window before did not see.
//
// At most maxKeys keys are remembered. All methods may be called at the same time.
type Leased struct {
	shared Shared
	clock  Clock
	most   int
	lacks  atomic.Bool // the shared limiter does not lease after all

	mu   sync.Mutex
	keys map[string]*leases
}

var _ contract.RateLimiter = (*Leased)(nil)

// NewLeased returns a limiter in front of shared. If that answers a lease with
// ErrUnsupported, every request is asked for.
func NewLeased(shared Shared, maxKeys int, clock Clock) *Leased {
	return &Leased{shared: shared, clock: clock, most: maxKeys, keys: make(map[string]*leases)}
}

// Take implements contract.RateLimiter. It waits for the shared limiter only
// when it has to ask, and for another caller who asks for the same key.
func (l *Leased) Take(ctx context.Context, req contract.TakeRequest) (contract.TakeResult, error) {
	if req.ID != "" || req.Limit < leastLeased || req.Cost < 1 || l.lacks.Load() {
		return l.shared.Take(ctx, req)
	}
	for {
		l.mu.Lock()
		k := l.keyLocked(req)
		if result, ok := k.answer(req, l.clock()); ok {
			l.mu.Unlock()
			return result, nil
		}
		asking := k.asking
		if asking == nil {
			k.asking = make(chan struct{})
			want := k.want(req, l.clock())
			l.mu.Unlock()
			return l.ask(ctx, k, req, want)
		}
		l.mu.Unlock()
		select {
		case <-asking:
		case <-ctx.Done():
			return contract.TakeResult{}, ctx.Err()
		}
	}
}

// ask asks the shared limiter for the key, which nobody else does meanwhile.
func (l *Leased) ask(ctx context.Context, k *leases, req contract.TakeRequest, want uint32) (contract.TakeResult, error) {
	leased, err := l.lease(ctx, req, want)
	l.mu.Lock()
	defer l.mu.Unlock()
	close(k.asking)
	k.asking = nil
	if err != nil {
		return contract.TakeResult{}, err
	}
	return k.learn(req, leased, l.clock()), nil
}

func (l *Leased) lease(ctx context.Context, req contract.TakeRequest, want uint32) (contract.LeaseResult, error) {
	if want > req.Cost {
		leased, err := l.shared.Lease(ctx, req, want)
		if !errors.Is(err, contract.ErrUnsupported) {
			return leased, err
		}
		l.lacks.Store(true)
	}
	result, err := l.shared.Take(ctx, req)
	leased := contract.LeaseResult{TakeResult: result, ValidFor: validFor(req.Window)}
	if result.Allowed {
		leased.Granted = req.Cost
	}
	return leased, err
}

func validFor(window time.Duration) time.Duration { return min(window/10, time.Second) }

// Reset implements contract.RateLimiter.
func (l *Leased) Reset(ctx context.Context, key string) error {
	l.mu.Lock()
	delete(l.keys, key)
	l.mu.Unlock()
	return l.shared.Reset(ctx, key)
}

// keyLocked returns what is known of a key; a limit that changed is another one.
func (l *Leased) keyLocked(req contract.TakeRequest) *leases {
	k := l.keys[req.Key]
	if k != nil && k.limit == req.Limit && k.window == req.Window {
		return k
	}
	if k == nil && len(l.keys) >= l.most {
		l.makeRoomLocked()
	}
	k = &leases{limit: req.Limit, window: req.Window}
	l.keys[req.Key] = k
	return k
}

// makeRoomLocked forgets keys that hold nothing, else any.
func (l *Leased) makeRoomLocked() {
	now := l.clock()
	for name, k := range l.keys {
		if now >= max(k.ends, k.reset) && k.asking == nil {
			delete(l.keys, name)
		}
	}
	for name := range l.keys {
		if len(l.keys) < l.most {
			return
		}
		delete(l.keys, name)
	}
}

// leases is what a node holds of one limit. Times are readings of the clock.
type leases struct {
	limit  uint32
	window time.Duration
	asking chan struct{} // closed when the answer is there; nil: nobody asks

	size, units uint32 // of the last lease, and what is left of it
	began, ends int64  // when it was granted, and when it is lost
	spent       int64  // when its last unit was spent; 0: not yet
	remaining   uint32 // in the shared limit, after it
	reset       int64  // when the whole limit is free again, or later
}

// answer answers from what is held, if it can.
func (k *leases) answer(req contract.TakeRequest, now int64) (contract.TakeResult, bool) {
	reset := time.Duration(max(0, k.reset-now))
	switch {
	case k.units >= req.Cost && now < k.ends:
		if k.units -= req.Cost; k.units == 0 {
			k.spent = now
		}
		return contract.TakeResult{Allowed: true, Remaining: min(k.remaining+k.units, k.limit), ResetAfter: reset}, true
	case k.free(req.Cost) > now:
		return k.denial(req.Cost, now), true
	}
	return contract.TakeResult{}, false
}

// free is the earliest time at which the shared limiter could allow a cost:
// whatever other nodes do makes it later only.
func (k *leases) free(cost uint32) int64 {
	interval := max(1, int64(k.window)/int64(k.limit))
	return k.reset + costOf(cost, interval) - int64(k.window)
}

func (k *leases) denial(cost uint32, now int64) contract.TakeResult {
	return contract.TakeResult{
		Remaining: k.remaining, ResetAfter: time.Duration(max(0, k.reset-now)), RetryAfter: time.Duration(max(1, k.free(cost)-now)),
	}
}

// want is how much to ask for. A lease that was used up in half its time is
// doubled, one that was not used up shrinks to what was.
func (k *leases) want(req contract.TakeRequest, now int64) uint32 {
	size := k.size
	switch {
	case now >= k.ends:
		size -= k.units
	case k.units == 0 && k.spent-k.began <= (k.ends-k.began)/2:
		size *= 2
	}
	return max(req.Cost, min(size, k.limit/10, k.remaining/4))
}

// learn takes over the answer of the shared limiter to a request.
func (k *leases) learn(req contract.TakeRequest, leased contract.LeaseResult, now int64) contract.TakeResult {
	if now >= k.ends {
		k.units = 0
	}
	k.began, k.ends, k.spent = now, now+int64(leased.ValidFor), 0
	k.size, k.units = leased.Granted, k.units+leased.Granted
	k.remaining, k.reset = leased.Remaining, now+int64(leased.ResetAfter)
	if result, ok := k.answer(req, now); ok {
		return result
	}
	return k.denial(req.Cost, now)
}
