//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/jackfield/jackfield/test/bench/stat"
)

const (
	stuckOf    = 1000 // clients, of whom
	stuckCount = 10   // never read
	// stuckParked is how many messages of 150 bytes may wait for one of them.
	stuckParked = 200
	stuckRoom   = "other" // where the messages go that they do not read
)

// stuck measures what clients that never read do to those that do: one in a
// hundred. The others are in two channels, they in one. In each round all of them
// are to be closed, and others come.
func (s *suite) stuck() error {
	both := func(int) []string { return []string{room, stuckRoom} }
	a, err := s.audience(crowd{size: stuckOf - stuckCount, channels: both, timed: true, parked: stuckParked})
	if err != nil {
		return err
	}
	defer a.close()
	silent := &silent{a: a}
	defer silent.leave()
	p := pace{20, 10, max(3*s.slice, 1200*time.Millisecond)} // more messages than may wait
	var growth []float64
	m, err := interleave(s.rounds,
		func() (float64, error) { return a.pressed(p, room) },
		func() (float64, error) {
			if err := silent.come(); err != nil {
				return 0, err
			}
			p99, err := a.pressed(p, stuckRoom)
			growth = append(growth, float64(a.server.RSS()-silent.before)/1024/stuckCount)
			return p99, err
		})
	if err != nil {
		return err
	}
	s.add("p99 of 990 clients, batches of ten", "ms", stat.Of(m[0]...), nil, "")
	s.add("  beside 10 that never read", "ms", stat.Of(m[1]...), nil, "")
	s.add("  beside / alone", "x", stat.Of(stat.Ratios(m[1], m[0])...), stat.AtMost(1.2), "")
	s.add("RSS growth per client that never reads", "KB", stat.Of(growth...), stat.AtMost(128), "200 messages of 150 bytes may wait for each")
	closed := 100 * silent.closed() / float64(silent.came)
	s.add("clients that never read and were closed for it", "%", stat.Of(closed), stat.AtLeast(100), fmt.Sprintf("of %d", silent.came))
	return nil
}

// pressed is the 99th percentile under a load.
func (a *audience) pressed(p pace, channel string) (float64, error) {
	o, err := a.press(p, channel)
	return float64(o.p99.Microseconds()) / 1000, err
}
