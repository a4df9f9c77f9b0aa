package main

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/cacherules"
	"github.com/jackfield/jackfield/sdk/contract"
)

// cache keeps values in this process. One lock guards all of it and is held for
// well under a microsecond at a time, so calls may be made inline.
type cache struct {
	ttl   time.Duration        // of entries that name none; never, or more than 0
	now   func() time.Duration // monotonic; entries are measured by it
	sweep *sweeper

	mu     sync.Mutex
	lru    lru
	once   onceLog
	frozen bool // while the state is exported nothing may change

	operations, hits, misses uint64
}

var (
	_ contract.Cache         = (*cache)(nil)
	_ contract.CacheSwapper  = (*cache)(nil)
	_ contract.Inline        = (*cache)(nil)
	_ contract.Closer        = (*cache)(nil)
	_ contract.MetricsSource = (*cache)(nil)
)

// openCache makes a cache that is empty. Close ends its sweeping.
func openCache(_ context.Context, opts cacheOptions, _ sdk.Env) (*cache, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	start := time.Now()
	c := &cache{
		ttl: opts.defaultTTL(),
		now: func() time.Duration { return time.Since(start) },
		lru: newLRU(int(opts.MaxCapacity)),
	}
	c.sweep = startSweeper(seconds(opts.CleanupInterval), c.removeExpired)
	return c, nil
}

// Close ends the sweeping in the background.
func (c *cache) Close() error {
	c.sweep.stop()
	return nil
}

// Inline says that no call blocks.
func (c *cache) Inline() bool { return true }

// Get returns a copy of the value and makes the entry the one used last.
func (c *cache) Get(_ context.Context, key string) ([]byte, error) {
	now := c.now()
	c.mu.Lock()
	value := c.get(key, now)
	c.mu.Unlock()
	if value == nil {
		return nil, contract.ErrNotFound
	}
	return bytes.Clone(value), nil
}

// get returns the value as it is stored, which nobody ever changes, or nil.
func (c *cache) get(key string, now time.Duration) []byte {
	c.operations++
	i := c.lru.use(key, now)
	if i == 0 {
		c.misses++
	} else {
		c.hits++
	}
	return c.lru.slots[i].value // nil in slot 0
}

// Set stores a copy of value.
func (c *cache) Set(_ context.Context, key string, value []byte, opts contract.SetOptions) (bool, error) {
	if err := cacherules.Check(key, value, opts.TTL); err != nil {
		return false, err
	}
	owned := own(value)
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set(key, owned, opts, now)
}

func (c *cache) set(key string, owned []byte, opts contract.SetOptions, now time.Duration) (bool, error) {
	if c.frozen {
		return false, errFrozen
	}
	c.operations++
	if opts.IfAbsent && c.lru.find(key, now) != 0 {
		return false, nil
	}
	c.lru.put(key, owned, c.ends(opts.TTL, now))
	return true, nil
}

// Delete removes key.
func (c *cache) Delete(_ context.Context, key string) (bool, error) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		return false, errFrozen
	}
	c.operations++
	return c.lru.delete(key, now), nil
}

// CompareAndSet compares and stores under one lock.
func (c *cache) CompareAndSet(_ context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	if err := cacherules.Check(key, value, ttl); err != nil {
		return false, err
	}
	owned := own(value)
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		return false, errFrozen
	}
	c.operations++
	present := c.lru.slots[c.lru.find(key, now)].value // nil in slot 0
	if (old == nil) != (present == nil) || !bytes.Equal(old, present) {
		return false, nil
	}
	if value == nil {
		c.lru.delete(key, now)
		return true, nil
	}
	c.lru.put(key, owned, c.ends(ttl, now))
	return true, nil
}

// own copies a value; the copy of an empty one is empty and not nil.
func own(value []byte) []byte { return append(make([]byte, 0, len(value)), value...) }

// Metrics returns the series of the cache.
func (c *cache) Metrics() []contract.Sample {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Concat(
		counter("cache_hits_total", "Reads that found a value.", c.hits),
		counter("cache_misses_total", "Reads that found none.", c.misses),
		counter("cache_operations_total", "Operations on single keys.", c.operations),
		counter("cache_evictions_total", "Entries removed to make place for others.", c.lru.evicted),
		counter("cache_expirations_total", "Entries removed because their time was up.", c.lru.expired),
		gauge("cache_entries", "Entries held.", float64(c.lru.len())),
		gauge("cache_memory_usage_bytes", "Bytes of the keys and values held.", float64(c.lru.bytes)),
	)
}
