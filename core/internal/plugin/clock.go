package plugin

import "time"

// Clock is the time that back-off, breakers and health checks go by.
type Clock interface {
	// Now returns the time; only differences count.
	Now() time.Time
	// After returns a channel that receives once d has passed.
	After(d time.Duration) <-chan time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }
