package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackfield/jackfield/sdk/cacherules"
	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.CacheCounter = (*cache)(nil)

// Increment adds under one lock. A call that is repeated within a minute gets
// the answer of the first.
func (c *cache) Increment(_ context.Context, key string, delta int64, ttl time.Duration, id string) (int64, error) {
	if err := cacherules.Check(key, nil, ttl); err != nil {
		return 0, err
	}
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		return 0, errFrozen
	}
	c.operations++
	if id == "" {
		return c.increment(key, delta, ttl, now)
	}
	if n, ok := c.once.recall(id, now); ok {
		return n, nil
	}
	n, err := c.increment(key, delta, ttl, now)
	if err == nil {
		c.once.remember(id, n, now+onceTTL)
	}
	return n, err
}

func (c *cache) increment(key string, delta int64, ttl, now time.Duration) (int64, error) {
	var n int64
	ends := c.ends(ttl, now)
	if i := c.lru.find(key, now); i != 0 {
		s := c.lru.slots[i]
		var err error
		if n, err = strconv.ParseInt(string(s.value), 10, 64); err != nil {
			return 0, fmt.Errorf("%w: the value of %q is not a whole number", contract.ErrInvalid, key)
		}
		ends = s.ends
	}
	sum := n + delta
	if (sum > n) != (delta > 0) && delta != 0 {
		return 0, fmt.Errorf("%w: the number under %q would not fit into 64 bits", contract.ErrInvalid, key)
	}
	c.lru.put(key, strconv.AppendInt(nil, sum, 10), ends)
	return sum, nil
}

// onceLog remembers the results of increments by their ids, for a minute. It
// holds at most maxOnce of them and forgets the oldest first.
type onceLog struct {
	results map[string]int64
	order   fifo[onceEntry]
}

type onceEntry struct {
	id   string
	ends time.Duration
}

const (
	onceTTL = time.Minute
	maxOnce = 1 << 18
)

func (o *onceLog) recall(id string, now time.Duration) (int64, bool) {
	o.forget(now)
	n, ok := o.results[id]
	return n, ok
}

// remember stores the result for as long as it is good: ends is the time.
func (o *onceLog) remember(id string, n int64, ends time.Duration) {
	if o.results == nil {
		o.results = map[string]int64{}
	}
	o.results[id] = n
	o.order.push(onceEntry{id, ends})
}

// forget drops what is past its minute or too much.
func (o *onceLog) forget(now time.Duration) {
	for o.order.len() > 0 && (o.order.first().ends <= now || o.order.len() >= maxOnce) {
		delete(o.results, o.order.pop().id)
	}
}
