//go:build linux

package main

import (
	"fmt"

	"github.com/jackfield/jackfield/test/bench/stat"
)

// fanOut measures what the delivery of single messages and of batches costs,
// against the floor.
func (s *suite) fanOut() error {
	const subscribers = 1000
	a, err := s.audience(crowd{size: subscribers, channels: inRoom})
	if err != nil {
		return err
	}
	defer a.close()
	floor, err := s.bench.StartFloor(subscribers)
	if err != nil {
		return err
	}
	defer floor.Stop()
	single, tens := pace{80, 1, s.slice}, pace{12, 10, s.slice}
	m, err := interleave(s.rounds, a.perDelivery(single), perWrite(floor, single), a.perDelivery(tens), perWrite(floor, tens))
	if err != nil {
		return err
	}
	s.addFloor("singles to 1 000 subscribers", m[0], m[1], stat.AtMost(1.25), stat.Within(1, 0.02))
	s.addFloor("batches of ten to 1 000 subscribers", m[2], m[3], stat.AtMost(0.25), stat.AtMost(0.11))
	return nil
}

// addFloor adds the rows of a load: processor time against the floor, and calls.
func (s *suite) addFloor(what string, served, floor []cost, ratio, calls *stat.Gate) {
	ours, theirs := column(served, cpuOf), column(floor, cpuOf)
	note := fmt.Sprintf("%s us against %s us", number(stat.Of(ours...).Median), number(stat.Of(theirs...).Median))
	s.add("CPU per delivery / floor, "+what, "x", stat.Of(stat.Ratios(ours, theirs)...), ratio, note)
	s.add("write calls per delivery, "+what, "", stat.Of(column(served, writesOf)...), calls, "")
}
