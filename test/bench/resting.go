//go:build linux

package main

import (
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/bench/stat"
)

// resting measures what plugins use that have nothing to do, and whether they make
// deliveries dearer.
func (s *suite) resting() error {
	redis := testserver.StartRedis(testserver.Package)
	listeners := crowd{size: 1000, channels: inRoom}
	without, err := s.audience(listeners)
	if err != nil {
		return err
	}
	defer without.close()
	listeners.redis = redis.Addr
	with, err := s.audience(listeners)
	if err != nil {
		return err
	}
	defer with.close()
	settle(with.server)
	var used []float64
	for range max(s.rounds/5, 2) {
		used = append(used, with.pluginShare(5*s.slice))
	}
	s.add("idle plugins, all kinds on Redis", "%", stat.Of(used...), stat.AtMost(0.2), "of a processor")
	p := pace{20, 1, s.slice}
	m, err := interleave(s.rounds, with.perDelivery(p), without.perDelivery(p))
	if err != nil {
		return err
	}
	s.add("CPU per delivery with plugins on Redis / without", "x", stat.Of(stat.Ratios(column(m[0], cpuOf), column(m[1], cpuOf))...), stat.AtMost(1.05), "")
	return nil
}

// pluginShare is the share of a processor, in percent, that the plugins use while
// nothing happens.
func (a *audience) pluginShare(length time.Duration) float64 {
	before := a.server.ChildrenCPU()
	time.Sleep(length)
	return 100 * (a.server.ChildrenCPU() - before).Seconds() / length.Seconds()
}
