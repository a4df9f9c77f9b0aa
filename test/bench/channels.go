//go:build linux

package main

import (
	"fmt"

	"github.com/jackfield/jackfield/test/bench/stat"
)

// channelCounts compares the cost of a delivery between servers with few and
// with many channels: a message goes to a hundred clients, by as many channels as
// there are, but at most a hundred.
func (s *suite) channelCounts() error {
	const deliveries = 100
	p := pace{80, 1, s.slice}
	counts := []int{1, 100, s.names / 10, s.names}
	var trials []trial[cost]
	for _, n := range counts {
		a, err := s.audience(crowd{size: max(deliveries, n/deliveries), channels: func(i int) []string { return ownChannels(i, n) }})
		if err != nil {
			return err
		}
		defer a.close()
		trials = append(trials, a.perDeliveryTo(p, deliveries, n), a.perRequest(p, names('e', 0, min(n, deliveries))))
	}
	m, err := interleave(s.rounds, trials...)
	if err != nil {
		return err
	}
	base := without(m[0], m[1], deliveries)
	s.add("CPU per delivery, 1 channel with 100 subscribers", "us", stat.Of(base...), nil, "without the publish itself")
	for i, n := range counts[1:] {
		cpu := without(m[2*i+2], m[2*i+3], deliveries)
		s.add("  100 of "+thousands(int64(n))+" channels with one each / that", "x", stat.Of(stat.Ratios(cpu, base)...), stat.AtMost(1.5),
			number(stat.Of(cpu...).Median)+" us")
	}
	return nil
}

// ownChannels are those of client i when there are n channels: all clients share
// the only one, else each has as many of its own as there are for a hundred
// clients, but at most a hundred.
func ownChannels(i, n int) []string {
	if n == 1 {
		return names('c', 0, 1)
	}
	each := min(n/100, 100)
	return names('c', i*each, each)
}

func names(kind byte, first, count int) []string {
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf("%c%06d", kind, first+i)
	}
	return list
}

// perDeliveryTo measures the cost of a delivery of messages to a hundred of n
// channels, other ones each time, or to the only one.
func (a *audience) perDeliveryTo(p pace, deliveries, n int) trial[cost] {
	each := max(1, n/deliveries)
	var turns [][]string
	for turn := range min(each, 100) {
		var list []string
		for i := range min(n, deliveries) {
			list = append(list, names('c', i*each+turn, 1)...)
		}
		turns = append(turns, list)
	}
	return func() (cost, error) {
		s, err := a.spend(p, deliveries, turns...)
		return s.per(deliveries), err
	}
}
