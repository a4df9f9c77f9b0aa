package plugin

import (
	"math/rand/v2"
	"time"
)

// The bounds of the back-off between restarts of one plugin.
const (
	backoffFirst = 250 * time.Millisecond
	backoffCap   = 30 * time.Second
	// healthyReset is how long a plugin must have served for its next fault to
	// count as the first one.
	healthyReset = 60 * time.Second
	// failedAfter is the number of faults in a row from which on the plugin
	// shows as failed; it goes on being restarted at the cap.
	failedAfter = 5
)

// backoff counts the faults of one plugin in a row.
type backoff struct {
	faults int
}

// next returns the wait before the next start: it doubles from backoffFirst to
// backoffCap and is then shortened at random by up to a half, so that plugins
// which fell together do not come back together.
func (b *backoff) next() time.Duration {
	d := backoffCap
	if b.faults < 8 {
		d = min(backoffFirst<<b.faults, backoffCap)
	}
	b.faults++
	return d - rand.N(d/2+1)
}

// served tells how long the plugin served before its fault.
func (b *backoff) served(d time.Duration) {
	if d >= healthyReset {
		b.faults = 0
	}
}

// failed is whether people should be told that the plugin keeps failing.
func (b *backoff) failed() bool { return b.faults >= failedAfter }
