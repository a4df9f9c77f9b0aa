package main

import (
	"strconv"
	"sync"
	"time"
)

// busClockStep is how far the server's clock may differ from ours between two
// renewals before it counts as a step.
const busClockStep = time.Second

// busTime holds the clocks of the servers against the local one. After a step,
// leases look ended that are not, so for one lease nobody is judged.
type busTime struct {
	lease time.Duration

	mu              sync.Mutex
	server          []time.Duration // what each cell's server said last
	asked, answered time.Time       // around that
	doubt           time.Time       // until then
}

// look compares the times in the answers to a renewal with those of the one before.
func (t *busTime) look(asked, answered time.Time, answers []busAnswer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.server == nil
	if first {
		t.server = make([]time.Duration, len(answers))
	}
	least, most := asked.Sub(t.answered)-busClockStep, answered.Sub(t.asked)+busClockStep
	for n, a := range answers {
		said := saidTime(a)
		if passed := said - t.server[n]; !first && (passed < least || passed > most) {
			t.doubt = answered.Add(t.lease)
		}
		t.server[n] = said
	}
	t.asked, t.answered = asked, answered
}

// saidTime is the server's clock in the answer to a renewal.
func saidTime(a busAnswer) time.Duration {
	if len(a.rest) < 3 {
		return 0
	}
	ms, _ := strconv.ParseInt(a.rest[2], 10, 64)
	return time.Duration(ms) * time.Millisecond
}

// doubtful reports whether a clock made a step within the last lease.
func (t *busTime) doubtful(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Before(t.doubt)
}
