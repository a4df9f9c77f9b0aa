package main

import (
	"errors"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestWrongOptionsAreReportedAllAtOnce(t *testing.T) {
	_, cacheErr := openCache(cacheOptions{TTL: -1, CleanupInterval: -5, MaxCapacity: 0})
	queueOpts := defaults[queueOptions]()
	queueOpts.MemoryCapacity, queueOpts.RetryJitter, queueOpts.LeaseDurationMS = 0, 1.5, 10
	_, queueErr := openQueue(queueOpts)
	for err, want := range map[error]string{
		cacheErr: "invalid argument: ttl: must be from 0 to 3000000000, is -1\n" +
			"cleanup_interval: must be from 0 to 3000000000, is -5\n" +
			"max_capacity: must be from 1 to 2147483646, is 0",
		queueErr: "invalid argument: memory_capacity: must be from 1 to 100000000, is 0\n" +
			"retry_jitter: must be from 0 to 1, is 1.5\n" +
			"lease_duration_ms: must be from 1000 to 3000000000000, is 10",
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
