package main

import (
	"context"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.CacheToucher = (*cache)(nil)

// Touch gives key a new lifetime.
func (c *cache) Touch(ctx context.Context, key string, ttl time.Duration) (existed bool, err error) {
	if err := checkEntry(key, nil, ttl); err != nil {
		return false, err
	}
	c.operations.Add(1)
	ms := c.millis(ttl)
	err = c.do(ctx, again, func(ctx context.Context) error {
		if ms > 0 {
			existed, err = c.PExpire(ctx, c.prefix+key, time.Duration(ms)*time.Millisecond).Result()
			return err
		}
		return c.keep(ctx, key, &existed)
	})
	return existed, err
}

// keep makes a key live for ever.
func (c *cache) keep(ctx context.Context, key string, existed *bool) (err error) {
	if *existed, err = c.Persist(ctx, c.prefix+key).Result(); err != nil || *existed {
		return err
	}
	n, err := c.Exists(ctx, c.prefix+key).Result() // it may have had no end before
	*existed = n > 0
	return err
}

// TTL returns the time left.
func (c *cache) TTL(ctx context.Context, key string) (time.Duration, error) {
	c.operations.Add(1)
	var left time.Duration
	err := c.do(ctx, again, func(ctx context.Context) (err error) {
		left, err = c.PTTL(ctx, c.prefix+key).Result()
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case left == -2:
		return 0, contract.ErrNotFound
	case left == -1:
		return contract.NoExpiry, nil
	}
	return left, nil
}
