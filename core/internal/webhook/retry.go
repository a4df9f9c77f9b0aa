package webhook

import (
	"fmt"
	"math"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Retry says when a job that failed is tried again and when it is given up.
type Retry struct {
	// Disabled gives up after the first failure.
	Disabled bool
	// MaxAttempts bounds the hand-overs of a job; 0: its age alone decides.
	MaxAttempts uint32
	// MaxElapsed is the age at which a job is given up.
	MaxElapsed time.Duration
	// InitialBackoff doubles with every hand-over, up to MaxBackoff.
	InitialBackoff, MaxBackoff time.Duration
}

// of returns the rules of a webhook: its own where it says something.
func (r Retry) of(own *contract.WebhookRetry) Retry {
	if own == nil {
		return r
	}
	r.Disabled = own.Disabled
	if own.MaxAttempts > 0 {
		r.MaxAttempts = own.MaxAttempts
	}
	set := func(d *time.Duration, ms uint64) {
		if ms > 0 {
			*d = time.Duration(min(ms, uint64(math.MaxInt64/time.Millisecond))) * time.Millisecond
		}
	}
	set(&r.MaxElapsed, own.MaxElapsedMS)
	set(&r.InitialBackoff, own.InitialBackoffMS)
	set(&r.MaxBackoff, own.MaxBackoffMS)
	return r
}

// afterFailure returns when a job that failed at this hand-over (1 is the first)
// is tried again, or why it is given up. random is from 0 to below 1.
func (r Retry) afterFailure(attempt uint32, age time.Duration, random float64) (wait time.Duration, over string) {
	switch {
	case r.Disabled:
		return 0, "retries are switched off"
	case r.MaxAttempts > 0 && attempt >= r.MaxAttempts:
		return 0, fmt.Sprintf("given up after %d attempts", attempt)
	default:
		return r.later(attempt, age, random)
	}
}

// later is afterFailure for a job that was not tried: only its age ends it.
func (r Retry) later(attempt uint32, age time.Duration, random float64) (wait time.Duration, over string) {
	if age >= r.MaxElapsed {
		return 0, fmt.Sprintf("given up after %v", r.MaxElapsed)
	}
	return min(r.backoff(attempt, random), r.MaxElapsed-age), ""
}

// jitter is the share by which a delay varies.
const jitter = 0.2

func (r Retry) backoff(attempt uint32, random float64) time.Duration {
	const enough = 40 // doublings; any delay is at its most by then
	d := float64(r.InitialBackoff) * math.Exp2(float64(min(max(attempt, 1)-1, enough)))
	d *= 1 - jitter + 2*jitter*random
	return time.Duration(min(d, float64(r.MaxBackoff)))
}
