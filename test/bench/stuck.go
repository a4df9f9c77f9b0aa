//go:build linux

package main

import (
	"fmt"

	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/stat"
	"github.com/jackfield/jackfield/test/bench/target"
)

const (
	stuckOf    = 1000 // clients, of whom
	stuckCount = 10   // never read
	// stuckParked is how many messages of 150 bytes may wait for one of them.
	stuckParked = 200
)

// stuck measures what clients that never read do to those that do: one in a
// hundred. They come anew each round; the server has to get rid of them.
func (s *suite) stuck() error {
	a, err := s.audience(crowd{size: stuckOf - stuckCount, channels: inRoom, publishers: 64, timed: true, parked: stuckParked})
	if err != nil {
		return err
	}
	defer a.close()
	knee, err := a.knee(25, 2*s.slice)
	if err != nil {
		return err
	}
	var closed, growth []float64
	m, err := interleave(s.rounds,
		func() (float64, error) { return a.pressed(knee/2, s) },
		func() (float64, error) {
			rss, gone := a.server.RSS(), a.slowClosed()
			silent, err := a.admitSilent()
			if err != nil {
				return 0, err
			}
			defer load.Disperse(silent)
			p99, err := a.pressed(knee/2, s)
			growth = append(growth, float64(a.server.RSS()-rss)/1024/stuckCount)
			closed = append(closed, a.slowClosed()-gone)
			return p99, err
		})
	if err != nil {
		return err
	}
	s.add("p99 of 990 clients", "ms", stat.Of(m[0]...), nil, fmt.Sprintf("%s publishes/s, half of the knee", number(knee/2)))
	s.add("  with 10 others that never read", "ms", stat.Of(m[1]...), nil, "")
	s.add("  with / without", "x", stat.Of(stat.Ratios(m[1], m[0])...), stat.AtMost(1.2), "")
	s.add("RSS growth per client that never reads", "KB", stat.Of(growth...), stat.AtMost(128), "200 messages of 150 bytes may wait for it")
	s.add("clients that never read and were closed, of 10", "", stat.Of(closed...), stat.Within(stuckCount, 0), "")
	return nil
}

// pressed is the 99th percentile under a load that lasts long enough to fill what
// waits for a client that does not read.
func (a *audience) pressed(rate float64, s *suite) (float64, error) {
	o, err := a.press(rate, 3*s.slice)
	return float64(o.p99.Microseconds()) / 1000, err
}

// admitSilent lets clients in who subscribe and then never read.
func (a *audience) admitSilent() ([]*load.Socket, error) {
	return load.Gather(load.Crowd{Addr: a.server.Addr, App: target.One, Size: stuckCount, Channels: inRoom, Narrow: true})
}

// slowClosed is how many clients the server has closed because they did not read.
func (a *audience) slowClosed() float64 {
	n, _ := a.server.Metric(target.MetricPrefix + "slow_consumers_closed_total")
	return n
}
