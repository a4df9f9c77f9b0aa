package hub

import (
	"testing"
	"time"
)

// A worker works for as long as others did meanwhile, within bounds.
func TestAWorkerHasItsShare(t *testing.T) {
	const end = timestamp(time.Hour)
	for rested, works := range map[time.Duration]time.Duration{
		0:                      busyFor,
		100 * time.Microsecond: busyFor,
		time.Millisecond:       time.Millisecond,
		time.Second:            busyMost,
	} {
		s := &shard{breathed: end, rested: rested}
		if s.tired(end+works-1) || !s.tired(end+works) {
			t.Errorf("after %v of others it does not work for %v", rested, works)
		}
	}
}
