package main

import (
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// cacheOptions are what the server sends for cache.driver redis and redis-cluster.
type cacheOptions struct {
	Prefix     string            `json:"prefix" jsonschema:"what all keys begin with; a key follows as it is"`
	TTL        int64             `json:"ttl" jsonschema:"seconds that an entry lives which names no lifetime of its own; 0 means no expiry"`
	Connection connectionOptions `json:"connection" jsonschema:"where Redis is"`
}

// Defaults sets what a configuration need not say.
func (o *cacheOptions) Defaults() {
	*o = cacheOptions{Prefix: "cache:", TTL: 300, Connection: defaultConnection()}
}

func (o *cacheOptions) validate() error {
	var p contract.OptionErrors
	checkPrefix(&p, o.Prefix)
	p.Within("ttl", o.TTL, 0, mostSeconds)
	o.Connection.validate(&p)
	return p.Err()
}

// mostSeconds is about a century, far below what a Duration holds.
const mostSeconds = 3_000_000_000

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
