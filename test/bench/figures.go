//go:build linux

package main

import "time"

// scale is how much a run takes.
type scale struct {
	// rounds of ratios with a bar, each half of which takes a slice.
	rounds int
	slice  time.Duration
	// most is the largest number of subscribers and of idle clients, names that
	// of channels.
	most, names int
}

var (
	full  = scale{rounds: 15, slice: 400 * time.Millisecond, most: 10_000, names: 100_000}
	small = scale{rounds: 3, slice: 200 * time.Millisecond, most: 2_000, names: 10_000}
)

// figures are what can be measured, in this order. Each stands alone.
var figures = []struct {
	name    string
	measure func(*suite) error
}{
	{"fanout", (*suite).fanOut},
	{"sizes", (*suite).sizes},
	{"channels", (*suite).channelCounts},
	{"knee", (*suite).saturation},
	{"memory", (*suite).memory},
	{"rates", (*suite).rates},
	{"tenants", (*suite).tenants},
	{"stuck", (*suite).stuck},
	{"tls", (*suite).overTLS},
	{"plugin", (*suite).pluginModes},
	{"redis", (*suite).redisCache},
	{"nodes", (*suite).nodes},
	{"outage", (*suite).outage},
	{"resting", (*suite).resting},
	{"allocations", (*suite).allocations},
}
