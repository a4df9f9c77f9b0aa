package main

import (
	"context"
	"errors"
	"testing"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
)

func TestWrongOptionsAreReportedAllAtOnce(t *testing.T) {
	_, cacheErr := openCache(context.Background(), cacheOptions{TTL: -1, CleanupInterval: -5, MaxCapacity: 0}, sdk.Env{})
	queueOpts := defaults[queueOptions]()
	queueOpts.MemoryCapacity, queueOpts.RetryJitter, queueOpts.LeaseDurationMS = 0, 1.5, 10
	_, queueErr := openQueue(context.Background(), queueOpts, sdk.Env{})
	for want, err := range map[string]error{
		"ttl: must be from 0 to 3000000000, is -1\n" +
			"cleanup_interval: must be from 0 to 3000000000, is -5\n" +
			"max_capacity: must be from 1 to 2147483646, is 0": cacheErr,
		"memory_capacity: must be from 1 to 100000000, is 0\n" +
			"retry_jitter: must be from 0 to 1, is 1.5\n" +
			"lease_duration_ms: must be from 1000 to 3000000000000, is 10": queueErr,
	} {
		if err == nil || err.Error() != want || !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("error:\n%v\nwant:\n%s", err, want)
		}
	}
}

func TestDefaultsAreGoodOptions(t *testing.T) {
	newCache(t, func(*cacheOptions) {})
	newQueue(t, func(*queueOptions) {})
	newApps(t, `null`)
}
