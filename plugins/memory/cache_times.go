package main

import (
	"context"
	"time"

	"github.com/jackfield/jackfield/sdk/cacherules"
	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.CacheToucher = (*cache)(nil)

// Touch gives key a new lifetime and makes the entry the one used last.
func (c *cache) Touch(_ context.Context, key string, ttl time.Duration) (bool, error) {
	if err := cacherules.Check(key, nil, ttl); err != nil {
		return false, err
	}
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		return false, errFrozen
	}
	c.operations++
	i := c.lru.use(key, now)
	if i != 0 {
		c.lru.slots[i].ends = c.ends(ttl, now)
	}
	return i != 0, nil
}

// TTL returns the time left, rounded up to a millisecond. Asking is no use of the entry.
func (c *cache) TTL(_ context.Context, key string) (time.Duration, error) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.operations++
	i := c.lru.find(key, now)
	if i == 0 {
		return 0, contract.ErrNotFound
	}
	return c.lru.slots[i].left(now), nil
}

// left returns the time that an entry has yet, or NoExpiry.
func (s *slot) left(now time.Duration) time.Duration {
	if s.ends == never {
		return contract.NoExpiry
	}
	return roundUp(s.ends - now)
}

// ends turns the lifetime of a call into a time.
func (c *cache) ends(ttl, now time.Duration) time.Duration {
	switch ttl {
	case contract.NoExpiry:
		return never
	case 0:
		ttl = c.ttl
	}
	if ttl = roundUp(ttl); ttl > never-now {
		return never
	}
	return now + ttl
}

// roundUp returns d in whole milliseconds, not less than d but where that is
// more than a Duration holds.
func roundUp(d time.Duration) time.Duration {
	if up := d + time.Millisecond - 1; up > d {
		return up.Truncate(time.Millisecond)
	}
	return d
}
