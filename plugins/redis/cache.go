package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/cacherules"
	"github.com/jackfield/jackfield/sdk/contract"
)

// cache keeps each value under its own key, the prefix followed by the key.
type cache struct {
	*client
	prefix string
	ttl    time.Duration // of entries that name none; 0 is for ever

	operations, hits, misses atomic.Uint64
}

var (
	_ contract.Cache         = (*cache)(nil)
	_ contract.CacheSwapper  = (*cache)(nil)
	_ contract.Closer        = (*cache)(nil)
	_ contract.HealthChecker = (*cache)(nil)
	_ contract.MetricsSource = (*cache)(nil)
)

// openCache returns a cache that is ready, or will be when Redis is.
func openCache(ctx context.Context, opts cacheOptions, env sdk.Env) (*cache, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	c, err := dial(opts.Connection, classCommands)
	if err != nil {
		return nil, err
	}
	c.announce(ctx, env.Logger)
	return &cache{client: c, prefix: opts.Prefix, ttl: seconds(opts.TTL)}, nil
}

// Health asks every master.
func (c *cache) Health(ctx context.Context) error { return c.health(ctx) }

// Get returns the value of key.
func (c *cache) Get(ctx context.Context, key string) ([]byte, error) {
	var value []byte
	err := c.do(ctx, again, func(ctx context.Context) (err error) {
		value, err = c.client.Get(ctx, c.prefix+key).Bytes()
		return err
	})
	return c.read(value, err)
}

// read counts the outcome of a read.
func (c *cache) read(value []byte, err error) ([]byte, error) {
	c.operations.Add(1)
	switch {
	case errors.Is(err, redis.Nil):
		c.misses.Add(1)
		return nil, contract.ErrNotFound
	case err != nil:
		return nil, err
	}
	c.hits.Add(1)
	return value, nil
}

// Set stores value.
func (c *cache) Set(ctx context.Context, key string, value []byte, opts contract.SetOptions) (bool, error) {
	e := contract.CacheEntry{Key: key, Value: value, Options: opts}
	if err := checkEntry(key, value, opts.TTL); err != nil {
		return false, err
	}
	c.operations.Add(1)
	var cmd setting
	err := c.do(ctx, ruleOf(e), func(ctx context.Context) error {
		cmd = c.newSetting(ctx, e)
		return c.Process(ctx, cmd)
	})
	return cmd.stored(err)
}

// Delete removes key. When a connection broke under it, it may report that an
// existing key did not exist.
func (c *cache) Delete(ctx context.Context, key string) (bool, error) {
	c.operations.Add(1)
	var n int64
	err := c.do(ctx, again, func(ctx context.Context) (err error) {
		n, err = c.Unlink(ctx, c.prefix+key).Result()
		return err
	})
	return n > 0, err
}

var swapScript = mustScript("cache_swap")

// CompareAndSet compares and stores in one script.
func (c *cache) CompareAndSet(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	if err := checkEntry(key, value, ttl); err != nil {
		return false, err
	}
	c.operations.Add(1)
	reply, err := c.run(ctx, once, swapScript, []string{c.prefix + key}, marked(old), marked(value), c.millis(ttl))
	return reply == int64(1), err
}

// marked tells an empty value from none.
func marked(value []byte) string {
	if value == nil {
		return ""
	}
	return "=" + string(value)
}

// lifetime is that of an entry; 0 is for ever.
func (c *cache) lifetime(ttl time.Duration) time.Duration {
	switch ttl {
	case contract.NoExpiry:
		return 0
	case 0:
		return c.ttl
	}
	return ttl
}

// millis is the lifetime in whole milliseconds, not less than asked.
func (c *cache) millis(ttl time.Duration) int64 { return roundUp(c.lifetime(ttl)) }

// roundUp returns d in milliseconds, rounded up.
func roundUp(d time.Duration) int64 {
	ms := d.Milliseconds()
	if d > time.Duration(ms)*time.Millisecond {
		ms++
	}
	return ms
}

func checkEntry(key string, value []byte, ttl time.Duration) error {
	if strings.HasPrefix(key, reserved) {
		return fmt.Errorf("%w: keys that begin with %q are the driver's own", contract.ErrInvalid, reserved)
	}
	return cacherules.Check(key, value, ttl)
}

// Metrics returns the series of the cache.
func (c *cache) Metrics() []contract.Sample {
	return append(c.metrics(),
		counter("cache_hits_total", "Reads that found a value.", c.hits.Load()),
		counter("cache_misses_total", "Reads that found none.", c.misses.Load()),
		counter("cache_operations_total", "Operations on single keys.", c.operations.Load()),
	)
}
