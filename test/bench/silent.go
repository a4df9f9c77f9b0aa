//go:build linux

package main

import (
	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/target"
)

// silent are the clients of an audience's server that never read.
type silent struct {
	a       *audience
	sockets []*load.Socket
	before  int64 // memory of the server when the first came
	came    int
}

// come lets ten in, unless the server still has some: it closes all ten when
// what waits for them is too much.
func (s *silent) come() error {
	switch {
	case s.came == 0:
		s.before = s.a.server.RSS()
	case s.closed() < float64(s.came):
		return nil
	default:
		s.leave()
	}
	var err error
	s.sockets, err = load.Gather(load.Crowd{
		Addr: s.a.server.Addr, App: target.One, Size: stuckCount, Narrow: true,
		Channels: func(int) []string { return []string{stuckRoom} },
	})
	s.came += stuckCount
	return err
}

// leave closes the sockets.
func (s *silent) leave() {
	load.Disperse(s.sockets)
	s.sockets = nil
}

// closed is how many clients the server has closed because they did not read.
func (s *silent) closed() float64 {
	n, _ := s.a.server.Metric(target.MetricPrefix + "slow_consumers_closed_total")
	return n
}
