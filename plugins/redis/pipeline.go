package main

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// doMany executes n commands in one pipeline, in a cluster in one to each
// server, and repeats those that may be, as do does. command makes the i-th,
// again for each try; rule says whether it may be done twice. It returns an
// explained error per command, redis.Nil as it is.
func (c *client) doMany(ctx context.Context, n int, rule func(i int) repeatable, command func(ctx context.Context, i int) redis.Cmder) []error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	errs, left := make([]error, n), make([]int, n)
	for i := range left {
		left[i] = i
	}
	for pause := firstPause; len(left) > 0; pause = min(2*pause, mostPause) {
		c.pipe(ctx, left, command, errs)
		var more []int
		for _, i := range left {
			if mayRepeat(errs[i], rule(i)) {
				more = append(more, i)
			}
		}
		left = more
		if len(left) == 0 || !sleep(ctx, pause) {
			break
		}
		c.retrying(ctx, len(left))
	}
	for i, err := range errs {
		if !errors.Is(err, redis.Nil) {
			errs[i] = c.explain(err)
		}
	}
	return errs
}

// pipe tries the commands with these indices once.
func (c *client) pipe(ctx context.Context, indices []int, command func(context.Context, int) redis.Cmder, errs []error) {
	pipe := c.Pipeline()
	cmds := make([]redis.Cmder, len(indices))
	for k, i := range indices {
		cmds[k] = command(ctx, i)
		_ = pipe.Process(ctx, cmds[k])
	}
	_, _ = pipe.Exec(ctx)
	for k, i := range indices {
		errs[i] = cmds[k].Err()
	}
}
