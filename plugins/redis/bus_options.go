package main

import (
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// busOptions are the options of the adapter drivers.
type busOptions struct {
	Prefix     string            `json:"prefix" jsonschema:"what the names of keys and topics begin with; nodes that share it are one system"`
	TimeoutMS  int64             `json:"timeout_ms" jsonschema:"most milliseconds that a command takes"`
	Health     busHealth         `json:"cluster_health" jsonschema:"times by which nodes judge each other; the server keeps them"`
	Connection connectionOptions `json:"connection" jsonschema:"the Redis and the way to it"`
}

// busHealth is how the server uses leases. The driver learns the length of a
// lease from the node itself.
type busHealth struct {
	Enabled     bool  `json:"enabled" jsonschema:"whether holdings of dead nodes are given back"`
	HeartbeatMS int64 `json:"heartbeat_interval_ms" jsonschema:"milliseconds between two renewals"`
	TimeoutMS   int64 `json:"node_timeout_ms" jsonschema:"milliseconds that a lease lasts"`
	CleanupMS   int64 `json:"cleanup_interval_ms" jsonschema:"milliseconds between two looks for dead nodes"`
}

// Defaults sets what a configuration need not say.
func (o *busOptions) Defaults() {
	*o = busOptions{
		Prefix: "jackfield:adapter:", TimeoutMS: 5000, Connection: defaultConnection(),
		Health: busHealth{Enabled: true, HeartbeatMS: 2500, TimeoutMS: 10_000, CleanupMS: 2000},
	}
}

func (o *busOptions) validate() error {
	var p contract.OptionErrors
	if strings.ContainsAny(o.Prefix, "{}") {
		p.Addf("prefix", "must not hold braces: they choose the slot in a Redis Cluster, is %q", o.Prefix)
	}
	p.Within("timeout_ms", o.TimeoutMS, 1, 3_600_000)
	o.Connection.validate(&p)
	return p.Err()
}

func (o *busOptions) timeout() time.Duration { return time.Duration(o.TimeoutMS) * time.Millisecond }
