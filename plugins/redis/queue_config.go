package main

import (
	"math"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/jobrules"
)

// queueOptions are what the server sends for queue.driver redis and redis-cluster.
type queueOptions struct {
	Prefix        string             `json:"prefix" jsonschema:"what all keys begin with"`
	Concurrency   int64              `json:"concurrency" jsonschema:"jobs at work at a time in one server"`
	TimeoutMS     int64              `json:"timeout_ms" jsonschema:"milliseconds that one command may take"`
	Capacity      int64              `json:"capacity" jsonschema:"jobs to hold that are neither done nor dead; beyond it jobs are refused"`
	GroupCapacity int64              `json:"group_capacity" jsonschema:"jobs of one group to hold; beyond it jobs of this group are refused"`
	MaxBytes      int64              `json:"max_bytes" jsonschema:"bytes of bodies of one queue to hold, dead letters included; beyond it jobs are refused"`
	ReplicaWaitMS int64              `json:"replica_wait_ms" jsonschema:"milliseconds to wait until a replica has a new job, with sentinels and in a cluster, before the server is asked whether it has one; 0 means not to wait"`
	Reliability   reliabilityOptions `json:"reliability" jsonschema:"attempts, leases and what is kept"`
	Connection    connectionOptions  `json:"connection" jsonschema:"where Redis is"`
}

// reliabilityOptions are the keys of queue.reliability that this driver knows.
type reliabilityOptions struct {
	MaxAttempts          int64   `json:"max_attempts" jsonschema:"how often a job is handed over before it becomes a dead letter, unless the job says so itself"`
	RetryBaseDelayMS     int64   `json:"retry_base_delay_ms" jsonschema:"milliseconds before the first retry; doubles with every further one"`
	RetryMaxDelayMS      int64   `json:"retry_max_delay_ms" jsonschema:"most milliseconds before a retry"`
	RetryJitter          float64 `json:"retry_jitter" jsonschema:"share by which delays vary at random, from 0 to 1"`
	LeaseDurationMS      int64   `json:"lease_duration_ms" jsonschema:"milliseconds that a job is out when its consumer names no lease"`
	StalledBatchSize     int64   `json:"stalled_batch_size" jsonschema:"groups whose delay or lease ended to look after at a time"`
	WorkerPollIntervalMS int64   `json:"worker_poll_interval_ms" jsonschema:"milliseconds between two looks for work while the channel that announces it is down"`
	FailedRetention      int64   `json:"failed_retention" jsonschema:"dead letters to keep per queue; beyond it the oldest go"`
	DeduplicationTTLMS   int64   `json:"deduplication_ttl_ms" jsonschema:"milliseconds for which a job id is remembered, so that the same job is not stored twice"`
	MaxBatchSize         int64   `json:"max_batch_size" jsonschema:"most jobs of one enqueue call; more are sent in several"`
}

// Defaults sets what a configuration need not say.
func (o *queueOptions) Defaults() {
	*o = queueOptions{
		Prefix: "queue:", Concurrency: 5, TimeoutMS: 5000,
		Capacity: 1_000_000, GroupCapacity: 10_000, MaxBytes: 1 << 30, ReplicaWaitMS: 500,
		Reliability: reliabilityOptions{
			MaxAttempts: 5, RetryBaseDelayMS: 1000, RetryMaxDelayMS: 60_000, RetryJitter: 0.2,
			LeaseDurationMS: 30_000, StalledBatchSize: 100, WorkerPollIntervalMS: 500,
			FailedRetention: 10_000, DeduplicationTTLMS: 300_000, MaxBatchSize: 1000,
		},
		Connection: defaultConnection(),
	}
}

func (o *queueOptions) validate() error {
	var p contract.OptionErrors
	checkPrefix(&p, o.Prefix)
	if strings.ContainsAny(o.Prefix, "{}") {
		p.Addf("prefix", "must have no braces: the name of the queue stands in them, so that its keys lie in one slot")
	}
	p.Within("concurrency", o.Concurrency, 1, math.MaxInt32)
	p.Within("timeout_ms", o.TimeoutMS, 1, mostMillis)
	p.Within("capacity", o.Capacity, 1, math.MaxInt32)
	p.Within("group_capacity", o.GroupCapacity, 1, math.MaxInt32)
	p.Within("max_bytes", o.MaxBytes, 1<<20, math.MaxInt64/2)
	p.Within("replica_wait_ms", o.ReplicaWaitMS, 0, 60_000)
	o.Reliability.validate(&p)
	o.Connection.validate(&p)
	return p.Err()
}

func (o *reliabilityOptions) validate(p *contract.OptionErrors) {
	p.Within("reliability.max_attempts", o.MaxAttempts, 1, math.MaxUint32)
	p.Within("reliability.retry_base_delay_ms", o.RetryBaseDelayMS, 0, mostMillis)
	p.Within("reliability.retry_max_delay_ms", o.RetryMaxDelayMS, 0, mostMillis)
	if !(o.RetryJitter >= 0 && o.RetryJitter <= 1) {
		p.Addf("reliability.retry_jitter", "must be from 0 to 1, is %v", o.RetryJitter)
	}
	p.Within("reliability.lease_duration_ms", o.LeaseDurationMS, 1000, mostMillis)
	p.Within("reliability.stalled_batch_size", o.StalledBatchSize, 1, 10_000)
	p.Within("reliability.worker_poll_interval_ms", o.WorkerPollIntervalMS, 1, mostMillis)
	p.Within("reliability.failed_retention", o.FailedRetention, 0, math.MaxInt32)
	p.Within("reliability.deduplication_ttl_ms", o.DeduplicationTTLMS, 0, mostMillis)
	p.Within("reliability.max_batch_size", o.MaxBatchSize, 1, math.MaxInt32)
}

func (o *reliabilityOptions) backOff() jobrules.BackOff {
	return jobrules.BackOff{Base: millis(o.RetryBaseDelayMS), Most: millis(o.RetryMaxDelayMS), Jitter: o.RetryJitter}
}

// mostMillis is about a century, as mostSeconds.
const mostMillis = mostSeconds * 1000

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
