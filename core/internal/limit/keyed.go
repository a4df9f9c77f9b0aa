package limit

import (
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Clock is a monotonic clock: nanoseconds since any fixed moment.
type Clock func() int64

const shards = 16

// Keyed keeps one limit per key, in memory. At most about maxKeys keys are
// remembered: keys whose units are all given back are forgotten first, then
// those that have taken least. All methods may be called at the same time.
type Keyed struct {
	clock  Clock
	seed   maphash.Seed
	shards [shards]shard
}

var _ contract.RateLimiter = (*Keyed)(nil)

// NewKeyed returns a limiter on clock that remembers at most maxKeys keys (at
// least one per shard).
func NewKeyed(maxKeys int, clock Clock) *Keyed {
	k := &Keyed{clock: clock, seed: maphash.MakeSeed()}
	for i := range k.shards {
		k.shards[i].most = max(1, maxKeys/shards)
		k.shards[i].free = make(map[string]int64)
		k.shards[i].answers = make(map[string]answer)
	}
	return k
}

// Take implements contract.RateLimiter. It never blocks and fails only with
// contract.ErrInvalid.
func (k *Keyed) Take(_ context.Context, req contract.TakeRequest) (contract.TakeResult, error) {
	if req.Cost < 1 || req.Limit < 1 || req.Window < time.Millisecond {
		return contract.TakeResult{}, fmt.Errorf(
			"take from %q: cost %d and limit %d must be at least 1, window %v at least 1ms: %w",
			req.Key, req.Cost, req.Limit, req.Window, contract.ErrInvalid)
	}
	now := k.clock()
	s := k.shard(req.Key)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(req, now), nil
}

// Reset implements contract.RateLimiter.
func (k *Keyed) Reset(_ context.Context, key string) error {
	s := k.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.free, key)
	return nil
}

// Len returns the number of remembered keys.
func (k *Keyed) Len() int {
	n := 0
	for i := range k.shards {
		s := &k.shards[i]
		s.mu.Lock()
		n += len(s.free)
		s.mu.Unlock()
	}
	return n
}

func (k *Keyed) shard(key string) *shard {
	return &k.shards[maphash.String(k.seed, key)%shards]
}

type shard struct {
	mu   sync.Mutex
	most int
	// free holds for each key the time when all its units are given back.
	free map[string]int64
	// answers holds what requests with an ID were told, for their retries.
	answers map[string]answer
	swept   int64
}

type answer struct {
	result contract.TakeResult
	until  int64
}

// answerLife is how long a retry counts as the same request.
const answerLife = int64(time.Minute)

func (s *shard) take(req contract.TakeRequest, now int64) contract.TakeResult {
	id := ""
	if req.ID != "" {
		id = req.Key + "\x00" + req.ID
		if a, ok := s.answers[id]; ok && now < a.until {
			return a.result
		}
	}
	result, free := decide(req, s.free[req.Key], now)
	if result.Allowed {
		s.makeRoom(req.Key, now)
		s.free[req.Key] = free
	}
	if id != "" {
		s.remember(id, answer{result, now + answerLife}, now)
	}
	return result
}

// decide is GCRA. It returns the answer, and the key's new time if it allows.
func decide(req contract.TakeRequest, free, now int64) (contract.TakeResult, int64) {
	window := int64(req.Window)
	interval := max(1, window/int64(req.Limit))
	free = max(free, now)
	after := free + costOf(req.Cost, interval)
	if wait := after - window - now; wait > 0 {
		return contract.TakeResult{
			Remaining:  remaining(window-(free-now), interval, req.Limit),
			ResetAfter: time.Duration(free - now),
			RetryAfter: time.Duration(wait),
		}, free
	}
	return contract.TakeResult{
		Allowed:    true,
		Remaining:  remaining(window-(after-now), interval, req.Limit),
		ResetAfter: time.Duration(after - now),
	}, after
}

// costOf is how long cost units take to come back; far below overflow.
func costOf(cost uint32, interval int64) int64 {
	const far = math.MaxInt64 / 4
	if interval > far/int64(cost) {
		return far
	}
	return int64(cost) * interval
}

func remaining(room, interval int64, limit uint32) uint32 {
	return uint32(min(max(room, 0)/interval, int64(limit)))
}

// makeRoom forgets keys until one more fits.
func (s *shard) makeRoom(key string, now int64) {
	s.sweep(now)
	if _, known := s.free[key]; known || len(s.free) < s.most {
		return
	}
	const sample = 8
	victim, least, n := "", int64(math.MaxInt64), 0
	for k, free := range s.free {
		if free < least {
			victim, least = k, free
		}
		if n++; n == sample {
			break
		}
	}
	delete(s.free, victim)
}

// sweepEvery is how often a shard looks for keys to forget.
const sweepEvery = int64(10 * time.Second)

func (s *shard) sweep(now int64) {
	if now-s.swept < sweepEvery {
		return
	}
	s.swept = now
	for k, free := range s.free {
		if free <= now {
			delete(s.free, k)
		}
	}
	for id, a := range s.answers {
		if a.until <= now {
			delete(s.answers, id)
		}
	}
}

// remember keeps an answer if there is room: without it a retry counts anew.
func (s *shard) remember(id string, a answer, now int64) {
	s.sweep(now)
	if len(s.answers) < s.most {
		s.answers[id] = a
	}
}
