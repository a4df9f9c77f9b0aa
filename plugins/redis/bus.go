package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
)

// bus is the adapter on Redis: it opens sessions and owns the clients that they
// share.
type bus struct {
	commands, subscriptions *client
	prefix                  string
	timeout                 time.Duration
	script                  *script
	now                     func() time.Time
	logger                  hclog.Logger
	counts                  busCounts
}

// busCounts are sums over all sessions.
type busCounts struct {
	published, received, applied, lost, reconnected atomic.Uint64
	sessions, connections                           atomic.Int64
}

var (
	_ contract.Adapter       = (*bus)(nil)
	_ contract.Closer        = (*bus)(nil)
	_ contract.HealthChecker = (*bus)(nil)
	_ contract.MetricsSource = (*bus)(nil)
)

// openBus opens the adapter; Redis may be away.
func openBus(ctx context.Context, o busOptions, env sdk.Env) (*bus, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	commands, err := dial(o.Connection, classCommands)
	if err != nil {
		return nil, err
	}
	subscriptions, err := dial(o.Connection, classPubSub)
	if err != nil {
		_ = commands.Close()
		return nil, err
	}
	b := &bus{commands: commands, subscriptions: subscriptions, prefix: o.Prefix, timeout: o.timeout(), now: time.Now, logger: env.Logger}
	if b.logger == nil {
		b.logger = hclog.NewNullLogger()
	}
	b.script = newBusScript(busClock, b.publishing())
	b.commands.announce(ctx, b.logger)
	return b, nil
}

// sharded reports whether each cell has a slot, and a connection, of its own.
func (b *bus) sharded() bool { return b.commands.isCluster() }

func (b *bus) publishing() string {
	if b.sharded() {
		return "SPUBLISH"
	}
	return "PUBLISH"
}

// Close closes the clients. All sessions were closed before.
func (b *bus) Close() error {
	err := b.subscriptions.Close()
	if cerr := b.commands.Close(); err == nil {
		err = cerr
	}
	return err
}

// Health returns nil while every server answers.
func (b *bus) Health(ctx context.Context) error { return b.commands.health(ctx) }

// Metrics implements contract.MetricsSource.
func (b *bus) Metrics() []contract.Sample {
	c := &b.counts
	counter := func(name, help string, n *atomic.Uint64) contract.Sample {
		return contract.Sample{Name: name, Help: help, Kind: contract.Counter, Value: float64(n.Load())}
	}
	gauge := func(name, help string, n *atomic.Int64) contract.Sample {
		return contract.Sample{Name: name, Help: help, Value: float64(n.Load())}
	}
	return []contract.Sample{
		counter("redis_bus_published_total", "Messages handed to Redis.", &c.published),
		counter("redis_bus_received_total", "Messages that came from other nodes.", &c.received),
		counter("redis_bus_applied_total", "Sets of changes applied to cells.", &c.applied),
		counter("redis_bus_lost_total", "Times that messages or changes may have been missed.", &c.lost),
		counter("redis_bus_reconnected_total", "Pub/sub connections that were made anew.", &c.reconnected),
		gauge("redis_bus_sessions", "Open sessions.", &c.sessions),
		gauge("redis_bus_pubsub_connections", "Pub/sub connections that are up.", &c.connections),
	}
}

// checkSchema compares the layout and the number of cells with what stands in
// Redis, and writes them there if this is the first node.
func (b *bus) checkSchema(ctx context.Context, keys busKeys, cells uint32) error {
	want := []string{fmt.Sprint(busSchema), fmt.Sprint(cells)}
	var got []any
	err := b.commands.do(ctx, again, func(ctx context.Context) error {
		pipe := b.commands.Pipeline()
		pipe.HSetNX(ctx, keys.schema(), "schema", want[0])
		pipe.HSetNX(ctx, keys.schema(), "cells", want[1])
		read := pipe.HMGet(ctx, keys.schema(), "schema", "cells")
		_, err := pipe.Exec(ctx)
		got = read.Val()
		return err
	})
	if err != nil {
		return err
	}
	for i, what := range []string{"schema", "cells"} {
		if got[i] != want[i] {
			return fmt.Errorf("%w: this node has %s %s, the others that share the prefix %q have %v: run the same version "+
				"everywhere, give it another prefix, or stop all nodes and delete the key %q",
				contract.ErrInvalid, what, want[i], b.prefix, got[i], keys.schema())
		}
	}
	return nil
}

// newPubSub returns a pub/sub connection that is not made yet.
func (b *bus) newPubSub(ctx context.Context) *redis.PubSub {
	if b.sharded() {
		return b.subscriptions.SSubscribe(ctx)
	}
	return b.subscriptions.Subscribe(ctx)
}
