package limit

import "time"

// Rate is a number of units per window. The zero Rate allows everything.
// Values are immutable and may be shared by any number of buckets.
type Rate struct {
	interval int64 // ns that one unit costs
	window   int64 // ns
}

// NewRate returns the rate of units per window; units or window of 0 or less
// give the rate that allows everything.
func NewRate(units int, window time.Duration) Rate {
	if units <= 0 || window <= 0 {
		return Rate{}
	}
	return Rate{interval: max(1, int64(window)/int64(units)), window: int64(window)}
}

// Bucket counts what one owner took. The zero value is full. It is not safe for
// use by several goroutines at the same time.
type Bucket struct {
	// free is the time when everything that was taken will be given back.
	free int64
}

// Take takes one unit at the time now, in nanoseconds of a monotonic clock, and
// reports whether there was one.
func (b *Bucket) Take(r Rate, now int64) bool {
	if r.interval == 0 {
		return true
	}
	free := max(b.free, now) + r.interval
	if free-now > r.window {
		return false
	}
	b.free = free
	return true
}

// Ready reports whether Take would give a unit at the time now.
func (b *Bucket) Ready(r Rate, now int64) bool {
	return r.interval == 0 || max(b.free, now)+r.interval-now <= r.window
}

// Charge takes a unit at the time now even if there is none; later ones wait for
// it to be given back too.
func (b *Bucket) Charge(r Rate, now int64) { b.free = max(b.free, now) + r.interval }
