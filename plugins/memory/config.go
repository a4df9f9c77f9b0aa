package main

import (
	"math"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/jobrules"
)

// appManagerOptions are the keys under app_manager.array.
type appManagerOptions struct {
	Apps []map[string]any `json:"apps,omitempty" jsonschema:"the apps, each with its settings as plain fields or under policy"`
}

// cacheOptions are the keys under cache.memory.
type cacheOptions struct {
	TTL             int64 `json:"ttl" jsonschema:"seconds that an entry lives which names no lifetime of its own; 0 means no expiry"`
	CleanupInterval int64 `json:"cleanup_interval" jsonschema:"seconds between two removals of expired entries; 0 means that they stay until they are asked for or evicted"`
	MaxCapacity     int64 `json:"max_capacity" jsonschema:"entries to hold; beyond it the least recently used one makes place"`
}

// Defaults sets what a configuration need not say.
func (o *cacheOptions) Defaults() {
	*o = cacheOptions{TTL: 300, CleanupInterval: 60, MaxCapacity: 10_000}
}

func (o *cacheOptions) validate() error {
	var p contract.OptionErrors
	p.Within("ttl", o.TTL, 0, mostSeconds)
	p.Within("cleanup_interval", o.CleanupInterval, 0, mostSeconds)
	p.Within("max_capacity", o.MaxCapacity, 1, math.MaxInt32-1)
	return p.Err()
}

// defaultTTL is the lifetime of entries that name none.
func (o *cacheOptions) defaultTTL() time.Duration {
	if o.TTL == 0 {
		return never
	}
	return seconds(o.TTL)
}

// queueOptions are the keys under queue.reliability that concern this driver,
// and two bounds of its own.
type queueOptions struct {
	MemoryCapacity     int64   `json:"memory_capacity" jsonschema:"jobs to hold that are neither done nor dead; beyond it jobs are refused"`
	GroupCapacity      int64   `json:"group_capacity" jsonschema:"jobs of one group to hold; beyond it jobs of this group are refused"`
	MaxBytes           int64   `json:"max_bytes" jsonschema:"bytes of jobs and dead letters to hold; beyond it the oldest dead letters go first, then jobs are refused"`
	MaxAttempts        int64   `json:"max_attempts" jsonschema:"how often a job is handed over before it becomes a dead letter, unless the job says so itself"`
	RetryBaseDelayMS   int64   `json:"retry_base_delay_ms" jsonschema:"milliseconds before the first retry; doubles with every further one"`
	RetryMaxDelayMS    int64   `json:"retry_max_delay_ms" jsonschema:"most milliseconds before a retry"`
	RetryJitter        float64 `json:"retry_jitter" jsonschema:"share by which delays vary at random, from 0 to 1"`
	LeaseDurationMS    int64   `json:"lease_duration_ms" jsonschema:"milliseconds that a job is out when its consumer names no lease"`
	FailedRetention    int64   `json:"failed_retention" jsonschema:"dead letters to keep per queue; beyond it the oldest go"`
	DeduplicationTTLMS int64   `json:"deduplication_ttl_ms" jsonschema:"milliseconds for which a job id is remembered, so that the same job is not stored twice"`
}

// Defaults sets what a configuration need not say.
func (o *queueOptions) Defaults() {
	*o = queueOptions{
		MemoryCapacity: 100_000, GroupCapacity: 10_000, MaxBytes: 256 << 20, MaxAttempts: 5,
		RetryBaseDelayMS: 1000, RetryMaxDelayMS: 60_000, RetryJitter: 0.2,
		LeaseDurationMS: 30_000, FailedRetention: 10_000, DeduplicationTTLMS: 300_000,
	}
}

func (o *queueOptions) validate() error {
	var p contract.OptionErrors
	p.Within("memory_capacity", o.MemoryCapacity, 1, 100_000_000)
	p.Within("group_capacity", o.GroupCapacity, 1, math.MaxInt32)
	p.Within("max_bytes", o.MaxBytes, 1<<20, math.MaxInt64/2)
	p.Within("max_attempts", o.MaxAttempts, 1, math.MaxUint32)
	p.Within("retry_base_delay_ms", o.RetryBaseDelayMS, 0, mostMillis)
	p.Within("retry_max_delay_ms", o.RetryMaxDelayMS, 0, mostMillis)
	if !(o.RetryJitter >= 0 && o.RetryJitter <= 1) {
		p.Addf("retry_jitter", "must be from 0 to 1, is %v", o.RetryJitter)
	}
	p.Within("lease_duration_ms", o.LeaseDurationMS, 1000, mostMillis)
	p.Within("failed_retention", o.FailedRetention, 0, math.MaxInt32)
	p.Within("deduplication_ttl_ms", o.DeduplicationTTLMS, 0, mostMillis)
	return p.Err()
}

func (o *queueOptions) rules() queueRules {
	return queueRules{
		jobs:      int(o.MemoryCapacity),
		groupJobs: int(o.GroupCapacity),
		bytes:     o.MaxBytes,
		attempts:  uint32(o.MaxAttempts),
		dead:      int(o.FailedRetention),
		window:    millis(o.DeduplicationTTLMS),
		backOff:   jobrules.BackOff{Base: millis(o.RetryBaseDelayMS), Most: millis(o.RetryMaxDelayMS), Jitter: o.RetryJitter},
	}
}

// mostSeconds is about a century, and mostMillis as much: far below what a
// Duration holds.
const (
	mostSeconds = 3_000_000_000
	mostMillis  = mostSeconds * 1000
)

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
func millis(n int64) time.Duration  { return time.Duration(n) * time.Millisecond }
