package main

import (
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// allWays runs a suite on the driver, over gRPC and against the program.
func allWays(t *testing.T, suite plugintest.Suite, options string) {
	plugintest.AllWays(t, plugintest.BinaryConfig{
		Path: build.Path(t), Suite: suite, Driver: "memory", Options: []byte(options),
	})
}

func TestAppManagerKeepsTheContract(t *testing.T) {
	allWays(t, plugintest.AppManagerConfig{
		Open:   func(t *testing.T) contract.AppManager { return newApps(t, `[]`) },
		Bubble: true,
	}, `{"apps":[]}`)
}

func TestCacheKeepsTheContract(t *testing.T) {
	allWays(t, plugintest.CacheConfig{
		Open: func(t *testing.T) contract.Cache {
			return newCache(t, func(o *cacheOptions) { o.MaxCapacity = 30_000 })
		},
		Bubble:     true,
		DefaultTTL: 300 * time.Second,
	}, `{"max_capacity":30000}`)
}

func TestQueueKeepsTheContract(t *testing.T) {
	allWays(t, plugintest.QueueConfig{
		Open:    func(t *testing.T) contract.Queue { return newQueue(t, func(*queueOptions) {}) },
		Bubble:  true,
		BackOff: 1200 * time.Millisecond,
	}, `{}`)
}
