//go:build linux

package main

import "github.com/jackfield/jackfield/test/bench/stat"

const nobody = "empty" // a channel without subscribers

// sizes compares the cost of a delivery, against the floor, between small and
// large crowds of subscribers.
func (s *suite) sizes() error {
	sizes := []struct {
		size int
		rate float64
	}{{1000, 80}, {10, 400}, {s.most, 8}}
	var trials []trial[cost]
	for _, c := range sizes {
		a, err := s.audience(crowd{size: c.size, channels: inRoom})
		if err != nil {
			return err
		}
		defer a.close()
		floor, err := s.bench.StartFloor(c.size)
		if err != nil {
			return err
		}
		defer floor.Stop()
		p := pace{c.rate, 1, s.slice}
		trials = append(trials, a.perDelivery(p), perWrite(floor, p), a.perRequest(p, []string{nobody}))
	}
	m, err := interleave(s.rounds, trials...)
	if err != nil {
		return err
	}
	var base []float64
	for i, c := range sizes {
		ratios := stat.Ratios(without(m[3*i], m[3*i+2], c.size), column(m[3*i+1], cpuOf))
		what := "CPU per delivery / floor, " + thousands(int64(c.size)) + " subscribers"
		s.add(what, "x", stat.Of(ratios...), nil, "without the publish itself")
		if i == 0 {
			base = ratios
			continue
		}
		s.add("  against that with 1 000", "x", stat.Of(stat.Ratios(ratios, base)...), stat.AtMost(1.5), "")
	}
	return nil
}

// without subtracts the cost of a request that reaches nobody from the cost of a
// delivery, of which a request makes n.
func without(deliveries, requests []cost, n int) []float64 {
	cpu := make([]float64, len(deliveries))
	for i := range cpu {
		cpu[i] = deliveries[i].cpu - requests[i].cpu/float64(n)
	}
	return cpu
}
