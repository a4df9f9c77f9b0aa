//go:build linux

package main

import (
	"fmt"

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
// hundred. The others are in two channels, they in one. When the server has got
// rid of them, others come.
func (s *suite) stuck() error {
	both := func(int) []string { return []string{room, stuckRoom} }
	a, err := s.audience(crowd{size: stuckOf - stuckCount, channels: both, timed: true, parked: stuckParked})
	if err != nil {
		return err
	}
	defer a.close()
	silent := &silent{a: a}
	defer silent.leave()
	p := pace{20, 10, 3 * s.slice}
	m, err := interleave(s.rounds,
		func() (float64, error) { return a.pressed(p, room) },
		func() (float64, error) {
			if err := silent.come(); err != nil {
				return 0, err
			}
			return a.pressed(p, stuckRoom)
		})
	if err != nil {
		return err
	}
	s.add("p99 of 990 clients, batches of ten", "ms", stat.Of(m[0]...), nil, "")
	s.add("  beside 10 that never read", "ms", stat.Of(m[1]...), nil, "")
	s.add("  beside / alone", "x", stat.Of(stat.Ratios(m[1], m[0])...), stat.AtMost(1.2), "")
	growth := float64(a.server.RSS()-silent.before) / 1024 / float64(silent.came)
	s.add("RSS growth per client that never reads", "KB", stat.Of(growth), stat.AtMost(128), "200 messages of 150 bytes may wait for each")
	s.add("clients that never read and were closed for it", "", stat.Of(silent.closed()), stat.AtLeast(stuckCount), fmt.Sprintf("of %d that came", silent.came))
	return nil
}

// pressed is the 99th percentile under a load.
func (a *audience) pressed(p pace, channel string) (float64, error) {
	o, err := a.press(p, channel)
	return float64(o.p99.Microseconds()) / 1000, err
}
