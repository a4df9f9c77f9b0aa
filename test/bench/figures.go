//go:build linux

package main

import "time"

// scale is how much a run takes.
type scale struct {
	// rounds of ratios with a bar, each half of which takes a slice.
	rounds int
	slice  time.Duration
	// crowd is the largest number of subscribers and of idle clients, channels
	// that of channels.
	crowd, channels int
}

var (
	full  = scale{rounds: 15, slice: 500 * time.Millisecond, crowd: 10_000, channels: 100_000}
	small = scale{rounds: 3, slice: 200 * time.Millisecond, crowd: 2_000, channels: 10_000}
)

// figures are what can be measured, in this order. Each stands alone.
var figures = []struct {
	name    string
	measure func(*suite) error
}{
	{"fanout", (*suite).fanOut},
}
