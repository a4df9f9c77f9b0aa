package main

import (
	"context"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

// firstLook is how long opening a driver waits for Redis.
const firstLook = time.Second

// health returns nil while every server that owns keys answers, else what is
// wrong and what to do.
func (c *client) health(ctx context.Context) error {
	return c.explain(c.forEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		return node.Ping(ctx).Err()
	}))
}

// announce looks once whether Redis answers and logs it if not. A driver whose
// Redis is away is open all the same: health says so until it is back.
func (c *client) announce(ctx context.Context, logger hclog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, firstLook)
	defer cancel()
	if err := c.health(ctx); err != nil {
		logger.Warn("Redis does not answer; the server goes on without it until it does", "err", err)
	}
}

// metrics are those of the pool.
func (c *client) metrics() []contract.Sample {
	stats, labels := c.PoolStats(), map[string]string{"class": string(c.class)}
	return []contract.Sample{
		{Name: "redis_connections", Help: "Connections to Redis.", Labels: labels, Value: float64(stats.TotalConns)},
		{Name: "redis_connections_idle", Help: "Connections to Redis that nobody uses.", Labels: labels, Value: float64(stats.IdleConns)},
		{Name: "redis_pool_timeouts_total", Help: "Commands that got no connection in time.", Labels: labels, Kind: contract.Counter, Value: float64(stats.Timeouts)},
		{Name: "redis_retries_total", Help: "Commands repeated because a connection broke or a server moved.", Labels: labels, Kind: contract.Counter, Value: float64(c.shared.retried.Load())},
	}
}
