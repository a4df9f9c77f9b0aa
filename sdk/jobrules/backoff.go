package jobrules

import (
	"math"
	"math/rand/v2"
	"time"
)

// BackOff is how long a job waits whose consumer names no time: Base after the
// first attempt, twice as long after every further one.
type BackOff struct {
	// Base and Most are the first delay and the longest.
	Base, Most time.Duration
	// Jitter is the share by which a delay varies at random, from 0 to 1.
	Jitter float64
	// Random returns a number from 0 to below 1; nil means that of math/rand/v2.
	Random func() float64
}

// Delay returns the wait after an attempt; the first is 1. It never exceeds Most.
func (b BackOff) Delay(attempt uint32) time.Duration {
	const enough = 62 // doublings; any base is far beyond most by then
	random := b.Random
	if random == nil {
		random = rand.Float64
	}
	d := float64(b.Base) * math.Exp2(float64(min(attempt-1, enough)))
	d *= 1 - b.Jitter + 2*b.Jitter*random()
	return time.Duration(min(d, float64(b.Most)))
}
