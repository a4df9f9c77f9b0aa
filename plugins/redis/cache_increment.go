package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.CacheCounter = (*cache)(nil)

// reserved is what the driver's own keys begin with, behind the prefix.
const reserved = "#once:"

// onceTTL is how long the result of a call is kept for its retries.
const onceTTL = time.Minute

var incrementScript = mustScript("cache_increment")

// Increment adds in one script. Without an id, it is not repeated when a
// connection broke under it.
func (c *cache) Increment(ctx context.Context, key string, delta int64, ttl time.Duration, id string) (int64, error) {
	if err := checkEntry(key, nil, ttl); err != nil {
		return 0, err
	}
	c.operations.Add(1)
	rule, kept := again, onceTTL.Milliseconds()
	if id == "" {
		rule, kept = once, 0
	}
	reply, err := c.run(ctx, rule, incrementScript, []string{c.prefix + key, c.onceKey(key, id)}, delta, c.millis(ttl), kept)
	switch {
	case redis.HasErrorPrefix(err, "value is not an integer"):
		return 0, fmt.Errorf("%w: the value of %q is not a whole number", contract.ErrInvalid, key)
	case redis.HasErrorPrefix(err, "increment or decrement would overflow"):
		return 0, fmt.Errorf("%w: the number under %q would not fit into 64 bits", contract.ErrInvalid, key)
	case err != nil:
		return 0, err
	}
	text, _ := reply.(string)
	return strconv.ParseInt(text, 10, 64)
}

// onceKey lies in the slot of the key, as scripts in a cluster need it.
func (c *cache) onceKey(key, id string) string {
	return c.prefix + reserved + tagOf(slotOf(c.prefix+key)) + ":" + id
}
