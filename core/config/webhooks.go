package config

import "time"

// Webhooks are the settings of webhooks whose app says nothing else.
type Webhooks struct {
	Batching       WebhookBatching `key:"batching" doc:"Several events in one request."`
	Retry          WebhookRetry    `key:"retry" doc:"Requests that failed."`
	RequestTimeout time.Duration   `key:"request_timeout_ms" env:"WEBHOOK_REQUEST_TIMEOUT_MS" unit:"ms" default:"10000" min:"1" doc:"Deadline of one request."`
	Concurrency    uint32          `key:"concurrency" env:"WEBHOOK_CONCURRENCY" default:"512" min:"1" max:"100000" doc:"Most jobs at work at a time on this node; no webhook holds more of them than are free for all others."`
	PerWebhook     uint32          `key:"concurrency_per_webhook" env:"WEBHOOK_CONCURRENCY_PER_WEBHOOK" default:"32" min:"1" max:"10000" doc:"Most requests to one webhook at a time from this node."`
}

// WebhookBatching joins events of one app into one request.
type WebhookBatching struct {
	Enabled  bool          `key:"enabled" env:"WEBHOOK_BATCHING_ENABLED" default:"false" doc:"Join events."`
	Duration time.Duration `key:"duration" env:"WEBHOOK_BATCHING_DURATION" unit:"ms" default:"50" min:"1" doc:"How long events are collected."`
	Size     uint32        `key:"size" env:"WEBHOOK_BATCHING_SIZE" default:"100" min:"1" doc:"Most events in one request."`
}

// WebhookRetry repeats failed requests with growing delays.
type WebhookRetry struct {
	Enabled        bool          `key:"enabled" default:"true" doc:"Repeat failed requests."`
	MaxAttempts    *uint32       `key:"max_attempts" min:"1" doc:"Most hand-overs of a job, also of one that was put off; null = only max_elapsed_time_ms bounds them."`
	MaxElapsedTime time.Duration `key:"max_elapsed_time_ms" unit:"ms" default:"300000" doc:"Age at which an event is given up and becomes a dead letter."`
	InitialBackoff time.Duration `key:"initial_backoff_ms" unit:"ms" default:"1000" min:"1" doc:"First delay; doubles."`
	MaxBackoff     time.Duration `key:"max_backoff_ms" unit:"ms" default:"60000" min:"1" doc:"Longest delay."`
}
