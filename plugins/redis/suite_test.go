package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// allWays runs a suite on every topology: on the driver, over gRPC and against
// the program. suite gets the options as the program does.
func allWays(t *testing.T, suite func(open connectionOptions) plugintest.Suite, more map[string]any) {
	for name, connection := range topologies {
		driver := "redis"
		if name == modeCluster {
			driver = "redis-cluster"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plugintest.AllWays(t, plugintest.BinaryConfig{
				Path: build.Path(t), Suite: suite(connection()), Driver: driver, Options: optionsJSON(t, connection(), more),
			})
		})
	}
}

var prefixes atomic.Int64

// newPrefix is nobody else's in this run.
func newPrefix() string { return fmt.Sprintf("test%d:", prefixes.Add(1)) }

// optionsJSON are options with a prefix of their own.
func optionsJSON(t *testing.T, c connectionOptions, more map[string]any) json.RawMessage {
	t.Helper()
	options := map[string]any{
		"prefix": newPrefix(),
		"connection": map[string]any{
			"mode": c.Mode, "addresses": c.Addresses, "master_name": c.MasterName,
			"username": c.Username, "password": c.Password.Reveal(),
		},
	}
	maps.Copy(options, more)
	data, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var testEnv = sdk.Env{Logger: hclog.NewNullLogger()}

// newCache opens a cache with a prefix of its own, which the test closes.
func newCache(t *testing.T, connection connectionOptions) *cache {
	t.Helper()
	c, err := openCache(t.Context(), cacheOptions{Prefix: newPrefix(), TTL: 300, Connection: connection}, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newLimiter(t *testing.T, connection connectionOptions) *limiter {
	t.Helper()
	l, err := openLimiter(t.Context(), limiterOptions{Prefix: newPrefix(), Connection: connection}, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestCacheKeepsTheContract(t *testing.T) {
	t.Parallel()
	allWays(t, func(connection connectionOptions) plugintest.Suite {
		return plugintest.CacheConfig{
			Open:       func(t *testing.T) contract.Cache { return newCache(t, connection) },
			DefaultTTL: 300 * time.Second,
		}
	}, nil)
}

func TestRateLimiterKeepsTheContract(t *testing.T) {
	t.Parallel()
	allWays(t, func(connection connectionOptions) plugintest.Suite {
		return plugintest.RateLimiterConfig{
			Open: func(t *testing.T) contract.RateLimiter { return newLimiter(t, connection) },
		}
	}, nil)
}

// newQueue opens a queue with a prefix of its own, which the test closes.
func newQueue(t *testing.T, connection connectionOptions, change func(*queueOptions)) *queue {
	t.Helper()
	var opts queueOptions
	opts.Defaults()
	opts.Prefix, opts.Connection, opts.Concurrency = newPrefix(), connection, 10_000
	change(&opts)
	q, err := openQueue(t.Context(), opts, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}

func TestQueueKeepsTheContract(t *testing.T) {
	t.Parallel()
	allWays(t, func(connection connectionOptions) plugintest.Suite {
		return plugintest.QueueConfig{
			Open:    func(t *testing.T) contract.Queue { return newQueue(t, connection, func(*queueOptions) {}) },
			BackOff: 1200 * time.Millisecond,
		}
	}, map[string]any{"concurrency": 10_000})
}
