package main

import (
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func TestCacheKeepsTheContract(t *testing.T) {
	plugintest.Cache(t, plugintest.CacheConfig{
		Open: func(t *testing.T) contract.Cache {
			return newCache(t, func(o *cacheOptions) { o.MaxCapacity = 30_000 })
		},
		Bubble:     true,
		DefaultTTL: 300 * time.Second,
	})
}

func TestQueueKeepsTheContract(t *testing.T) {
	plugintest.Queue(t, plugintest.QueueConfig{
		Open:    func(t *testing.T) contract.Queue { return newQueue(t, func(*queueOptions) {}) },
		Bubble:  true,
		BackOff: 1200 * time.Millisecond,
	})
}
