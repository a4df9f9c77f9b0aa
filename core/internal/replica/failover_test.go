package replica

import (
	"fmt"
	"testing"
)

// A fail-over that loses nothing begins an epoch that has everything already and no
// log. Nobody is announced as gone, and who leaves after it is.
func TestWhatAFailOverKeptIsNotAnnouncedAsGone(t *testing.T) {
	w := newWorld(1)
	w.settle()
	for i, key := range simRooms {
		for _, user := range []string{"ann", "ben"} {
			w.nodes[i%len(w.nodes)].join(key, user, 0)
		}
	}
	for _, n := range w.nodes {
		n.cellOf(simCounts[0]).Count(w.now, simCounts[0], 2)
		n.collect()
	}
	w.settle()
	for cell := range uint32(simCells) {
		w.bus.Rewind(cell, 0)
	}
	w.settle()
	if have := fmt.Sprint(w.announced.Present("channel_occupied")); have != "[app:news]" {
		t.Errorf("occupied are %s", have)
	}
	for i, key := range simRooms {
		w.nodes[i%len(w.nodes)].leave(key, "ann")
	}
	w.settle()
}
