package main

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.CacheBatcher = (*cache)(nil)

// GetMany is one command for one server, and a pipeline to each in a cluster.
func (c *cache) GetMany(ctx context.Context, keys []string) ([][]byte, []error) {
	if c.isCluster() {
		return c.getPipelined(ctx, keys)
	}
	full := make([]string, len(keys))
	for i, k := range keys {
		full[i] = c.prefix + k
	}
	var found []any
	err := c.do(ctx, again, func(ctx context.Context) (err error) {
		found, err = c.MGet(ctx, full...).Result()
		return err
	})
	values, errs := make([][]byte, len(keys)), make([]error, len(keys))
	for i := range keys {
		value, miss := textAt(found, i), err
		if err == nil && found[i] == nil {
			miss = redis.Nil
		}
		values[i], errs[i] = c.read(value, miss)
	}
	return values, errs
}

// textAt returns the i-th of a list of texts, nil if there is none.
func textAt(list []any, i int) []byte {
	if i >= len(list) {
		return nil
	}
	text, ok := list[i].(string)
	if !ok {
		return nil
	}
	return []byte(text)
}

func (c *cache) getPipelined(ctx context.Context, keys []string) ([][]byte, []error) {
	cmds := make([]*redis.StringCmd, len(keys))
	errs := c.doMany(ctx, len(keys), func(int) repeatable { return again }, func(ctx context.Context, i int) redis.Cmder {
		cmds[i] = redis.NewStringCmd(ctx, "get", c.prefix+keys[i])
		return cmds[i]
	})
	values := make([][]byte, len(keys))
	for i, cmd := range cmds {
		if errs[i] == nil {
			values[i], _ = cmd.Bytes()
		}
		values[i], errs[i] = c.read(values[i], errs[i])
	}
	return values, errs
}

// SetMany stores in a pipeline, in a cluster one to each server.
func (c *cache) SetMany(ctx context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	stored, errs := make([]bool, len(entries)), make([]error, len(entries))
	var good []int
	for i, e := range entries {
		if errs[i] = checkEntry(e.Key, e.Value, e.Options.TTL); errs[i] == nil {
			good = append(good, i)
		}
	}
	c.operations.Add(uint64(len(good)))
	cmds := make([]setting, len(good))
	failed := c.doMany(ctx, len(good),
		func(i int) repeatable { return ruleOf(entries[good[i]]) },
		func(ctx context.Context, i int) redis.Cmder {
			cmds[i] = c.newSetting(ctx, entries[good[i]])
			return cmds[i]
		})
	for i, at := range good {
		stored[at], errs[at] = cmds[i].stored(failed[i])
	}
	return stored, errs
}

// setting is a SET under way.
type setting struct{ redis.Cmder }

func (c *cache) newSetting(ctx context.Context, e contract.CacheEntry) setting {
	words := []any{"set", c.prefix + e.Key, e.Value}
	if ms := c.millis(e.Options.TTL); ms > 0 {
		words = append(words, "px", ms)
	}
	if !e.Options.IfAbsent {
		return setting{redis.NewStatusCmd(ctx, words...)}
	}
	return setting{onceCmd{redis.NewCmd(ctx, append(words, "nx")...)}}
}

// ruleOf: whoever stores if absent must not find what it stored itself.
func ruleOf(e contract.CacheEntry) repeatable {
	if e.Options.IfAbsent {
		return once
	}
	return again
}

// stored tells what came out: Redis answers nil when IfAbsent did not store.
func (setting) stored(err error) (bool, error) {
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	return err == nil, err
}
