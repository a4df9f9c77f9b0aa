package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// CountedCache is a cache whose operations are counted. It has every optional
// ability of the contract; one that the cache below lacks answers ErrUnsupported.
type CountedCache struct {
	driver string
	inner  contract.Cache
	hits   Count
	misses Count
	ops    [cacheOps][cacheResults]Count
}

var (
	_ contract.Cache         = (*CountedCache)(nil)
	_ contract.CacheCounter  = (*CountedCache)(nil)
	_ contract.CacheSwapper  = (*CountedCache)(nil)
	_ contract.CacheToucher  = (*CountedCache)(nil)
	_ contract.CachePrefixer = (*CountedCache)(nil)
	_ contract.CacheBatcher  = (*CountedCache)(nil)
)

type cacheOp int

const (
	opGet cacheOp = iota
	opSet
	opDelete
	opIncrement
	opCompareAndSet
	opTouch
	opTTL
	opScan
	opDeletePrefix
	cacheOps
)

var cacheOpNames = []string{
	"get", "set", "delete", "increment", "compare_and_set", "touch", "ttl", "scan", "delete_prefix",
}

type cacheResult int

const (
	resultOK   cacheResult = iota
	resultMiss             // the key was absent
	resultRefused
	resultError
	cacheResults
)

var cacheResultNames = []string{"ok", "miss", "refused", "error"}

func newCountedCache(driver string, inner contract.Cache) *CountedCache {
	return &CountedCache{driver: driver, inner: inner}
}

// count records an operation. no is the result that stands for "it did not happen".
func (c *CountedCache) count(op cacheOp, done bool, no cacheResult, err error) {
	result := resultOK
	switch {
	case errors.Is(err, contract.ErrNotFound):
		result = resultMiss
	case err != nil:
		result = resultError
	case !done:
		result = no
	}
	c.ops[op][result].Add(1)
}

// read records a look-up, which is also a hit or a miss unless it failed.
func (c *CountedCache) read(err error) {
	c.count(opGet, true, resultOK, err)
	switch {
	case err == nil:
		c.hits.Add(1)
	case errors.Is(err, contract.ErrNotFound):
		c.misses.Add(1)
	}
}

// Get is that of contract.Cache.
func (c *CountedCache) Get(ctx context.Context, key string) ([]byte, error) {
	value, err := c.inner.Get(ctx, key)
	c.read(err)
	return value, err
}

// Set is that of contract.Cache.
func (c *CountedCache) Set(ctx context.Context, key string, value []byte, opts contract.SetOptions) (bool, error) {
	done, err := c.inner.Set(ctx, key, value, opts)
	c.count(opSet, done, resultRefused, err)
	return done, err
}

// Delete is that of contract.Cache.
func (c *CountedCache) Delete(ctx context.Context, key string) (bool, error) {
	existed, err := c.inner.Delete(ctx, key)
	c.count(opDelete, existed, resultMiss, err)
	return existed, err
}

// Increment is that of contract.CacheCounter.
func (c *CountedCache) Increment(ctx context.Context, key string, delta int64, ttl time.Duration, id string) (int64, error) {
	inner, ok := c.inner.(contract.CacheCounter)
	if !ok {
		return 0, contract.ErrUnsupported
	}
	value, err := inner.Increment(ctx, key, delta, ttl, id)
	c.count(opIncrement, true, resultOK, err)
	return value, err
}

// CompareAndSet is that of contract.CacheSwapper.
func (c *CountedCache) CompareAndSet(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	inner, ok := c.inner.(contract.CacheSwapper)
	if !ok {
		return false, contract.ErrUnsupported
	}
	done, err := inner.CompareAndSet(ctx, key, old, value, ttl)
	c.count(opCompareAndSet, done, resultRefused, err)
	return done, err
}

// Touch is that of contract.CacheToucher.
func (c *CountedCache) Touch(ctx context.Context, key string, ttl time.Duration) (bool, error) {
	inner, ok := c.inner.(contract.CacheToucher)
	if !ok {
		return false, contract.ErrUnsupported
	}
	exists, err := inner.Touch(ctx, key, ttl)
	c.count(opTouch, exists, resultMiss, err)
	return exists, err
}

// TTL is that of contract.CacheToucher.
func (c *CountedCache) TTL(ctx context.Context, key string) (time.Duration, error) {
	inner, ok := c.inner.(contract.CacheToucher)
	if !ok {
		return 0, contract.ErrUnsupported
	}
	left, err := inner.TTL(ctx, key)
	c.count(opTTL, true, resultOK, err)
	return left, err
}

// Scan is that of contract.CachePrefixer.
func (c *CountedCache) Scan(ctx context.Context, prefix, cursor string, limit int) ([]string, string, error) {
	inner, ok := c.inner.(contract.CachePrefixer)
	if !ok {
		return nil, "", contract.ErrUnsupported
	}
	keys, next, err := inner.Scan(ctx, prefix, cursor, limit)
	c.count(opScan, true, resultOK, err)
	return keys, next, err
}

// DeletePrefix is that of contract.CachePrefixer.
func (c *CountedCache) DeletePrefix(ctx context.Context, prefix string) (int64, error) {
	inner, ok := c.inner.(contract.CachePrefixer)
	if !ok {
		return 0, contract.ErrUnsupported
	}
	n, err := inner.DeletePrefix(ctx, prefix)
	c.count(opDeletePrefix, true, resultOK, err)
	return n, err
}

// GetMany is that of contract.CacheBatcher; a cache without it is asked key by key.
func (c *CountedCache) GetMany(ctx context.Context, keys []string) ([][]byte, []error) {
	values, errs := c.getMany(ctx, keys)
	for _, err := range errs {
		c.read(err)
	}
	return values, errs
}

func (c *CountedCache) getMany(ctx context.Context, keys []string) ([][]byte, []error) {
	if inner, ok := c.inner.(contract.CacheBatcher); ok {
		return inner.GetMany(ctx, keys)
	}
	values, errs := make([][]byte, len(keys)), make([]error, len(keys))
	for i, key := range keys {
		values[i], errs[i] = c.inner.Get(ctx, key)
	}
	return values, errs
}

// SetMany is that of contract.CacheBatcher; a cache without it is asked entry by entry.
func (c *CountedCache) SetMany(ctx context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	done, errs := c.setMany(ctx, entries)
	for i, err := range errs {
		c.count(opSet, done[i], resultRefused, err)
	}
	return done, errs
}

func (c *CountedCache) setMany(ctx context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	if inner, ok := c.inner.(contract.CacheBatcher); ok {
		return inner.SetMany(ctx, entries)
	}
	done, errs := make([]bool, len(entries)), make([]error, len(entries))
	for i, e := range entries {
		done[i], errs[i] = c.inner.Set(ctx, e.Key, e.Value, e.Options)
	}
	return done, errs
}
