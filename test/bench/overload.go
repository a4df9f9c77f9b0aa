//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/stat"
	"github.com/jackfield/jackfield/test/bench/target"
)

// overload measures goodput at and beyond the knee, and what is refused when it
// lasts. That each accepted message reaches everybody, once, is checked on the way.
func (s *suite) overload(a *audience, knee float64) error {
	multiples := []float64{1, 0.5, 2, 4}
	var trials []trial[outcome]
	for _, by := range multiples {
		trials = append(trials, func() (outcome, error) { return a.press(pace{by * knee, 1, s.slice}, room) })
	}
	m, err := interleave(s.rounds, trials...)
	if err != nil {
		return err
	}
	base := column(m[0], goodputOf)
	s.add("goodput at the knee", "/s", stat.Of(base...), nil, clients(m[0]))
	for i, by := range multiples[1:] {
		var gate *stat.Gate
		if by > 1 {
			gate = stat.AtLeast(0.9)
		}
		goodput := column(m[i+1], goodputOf)
		s.add(fmt.Sprintf("goodput at %v x the knee / at the knee", by), "x", stat.Of(stat.Ratios(goodput, base)...), gate,
			number(stat.Of(goodput...).Median)+" deliveries/s; "+clients(m[i+1]))
	}
	return s.lasting(a, knee, stat.Of(base...).Median)
}

func goodputOf(o outcome) float64 { return o.goodput }

// clients tells how busy the clients were.
func clients(o []outcome) string {
	used := column(o, func(o outcome) float64 { return o.client })
	return fmt.Sprintf("clients used %.2f of their processor", stat.Of(used...).Median)
}

// lasting keeps up an overload until the server has to refuse. Each refusal takes
// a while, so it needs many publishers to keep up the pressure.
func (s *suite) lasting(a *audience, knee, goodput float64) error {
	fleet := a.fleet
	defer func() { a.fleet = fleet }()
	a.fleet = load.NewFleet(512, a.server.Addr, target.One, false)
	defer a.fleet.Close()
	for _, by := range []float64{2, 4} {
		o, err := a.press(pace{by * knee, 1, max(10*s.slice, 3*time.Second)}, room)
		if err != nil {
			return err
		}
		s.add(fmt.Sprintf("goodput in a lasting overload of %v x the knee / at the knee", by), "x", stat.Of(o.goodput/goodput), stat.AtLeast(0.9),
			fmt.Sprintf("p99 %v; %s", o.p99.Round(time.Millisecond), clients([]outcome{o})))
		s.add("  refused with 503", "%", stat.Of(100*float64(o.Refused)/float64(o.Accepted+o.Refused)), nil,
			fmt.Sprintf("of %s requests; %s more were due", number(float64(o.Accepted+o.Refused)), number(float64(o.Unsent))))
	}
	return nil
}
