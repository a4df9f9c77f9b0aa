package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
)

// How long to wait before a command is repeated, and how long one may take in
// all when nobody says.
const (
	firstPause = 5 * time.Millisecond
	mostPause  = 100 * time.Millisecond
	longest    = 5 * time.Second
)

// repeatable says whether a command may be executed twice.
type repeatable bool

// The rules. A command that is done once is repeated only when the server
// certainly did not execute it.
const (
	again repeatable = true
	once  repeatable = false
)

// do calls f until it succeeds, fails for good, or ctx ends; a connection that
// broke, or a master that moved, is no reason to fail. The error is explained;
// redis.Nil is returned as it is.
func (c *client) do(ctx context.Context, rule repeatable, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	var before error
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		err := f(ctx)
		switch {
		case err == nil || errors.Is(err, redis.Nil):
			return err
		case before != nil && ctx.Err() != nil && (errors.Is(err, ctx.Err()) || isTimeout(err)):
			return c.explain(before) // says more than that time is up
		case !mayRepeat(err, rule) || !sleep(ctx, pause):
			return c.explain(err)
		}
		before = err
		c.retrying(ctx, 1)
	}
}

// sleep waits for about d and reports whether ctx is still alive then.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d/2 + rand.N(d/2+1))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retrying counts commands that are tried again, and has the map of a cluster
// read anew: a master may have been replaced.
func (c *client) retrying(ctx context.Context, n int) {
	c.shared.retried.Add(uint64(n))
	if cluster, ok := c.UniversalClient.(*redis.ClusterClient); ok {
		cluster.ReloadState(ctx)
	}
}

// mayRepeat reports whether a command that ended with err is worth another try.
func mayRepeat(err error, rule repeatable) bool {
	if err == nil || errors.Is(err, redis.Nil) {
		return false
	}
	return notDone(err) || rule == again && (broke(err) || errors.Is(err, errUnconfirmed))
}

// onceCmd is a command that go-redis must not send again by itself, as its
// cluster client else does.
type onceCmd struct{ *redis.Cmd }

// NoRetry implements redis.Cmder.
func (onceCmd) NoRetry() bool { return true }
