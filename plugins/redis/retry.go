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
	pause := firstPause
	for {
		err := f(ctx)
		if err == nil || errors.Is(err, redis.Nil) {
			return err
		}
		if !mayRepeat(err, rule) || !sleep(ctx, pause) {
			return c.explain(err)
		}
		c.shared.retried.Add(1)
		pause = min(2*pause, mostPause)
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

// mayRepeat reports whether a command that ended with err is worth another try.
func mayRepeat(err error, rule repeatable) bool {
	if err == nil || errors.Is(err, redis.Nil) {
		return false
	}
	return notDone(err) || rule == again && broke(err)
}

// onceCmd is a command that go-redis must not send again by itself, as its
// cluster client else does.
type onceCmd struct{ *redis.Cmd }

// NoRetry implements redis.Cmder.
func (onceCmd) NoRetry() bool { return true }
