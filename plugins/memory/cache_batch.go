package main

import (
	"bytes"
	"context"

	"github.com/jackfield/jackfield/sdk/cacherules"
	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.CacheBatcher = (*cache)(nil)

// GetMany is Get for many keys under one lock.
func (c *cache) GetMany(_ context.Context, keys []string) ([][]byte, []error) {
	values, errs := make([][]byte, len(keys)), make([]error, len(keys))
	now := c.now()
	c.mu.Lock()
	for i, key := range keys {
		values[i] = c.get(key, now)
	}
	c.mu.Unlock()
	for i, value := range values {
		if value == nil {
			errs[i] = contract.ErrNotFound
		}
		values[i] = bytes.Clone(value)
	}
	return values, errs
}

// SetMany is Set for many entries, one after the other.
func (c *cache) SetMany(_ context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	stored, errs := make([]bool, len(entries)), make([]error, len(entries))
	owned := make([][]byte, len(entries))
	for i, e := range entries {
		if errs[i] = cacherules.Check(e.Key, e.Value, e.Options.TTL); errs[i] == nil {
			owned[i] = own(e.Value)
		}
	}
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, e := range entries {
		if errs[i] == nil {
			stored[i], errs[i] = c.set(e.Key, owned[i], e.Options, now)
		}
	}
	return stored, errs
}
