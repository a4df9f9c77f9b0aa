package core

import (
	"runtime/debug"

	"github.com/jackfield/jackfield/core/internal/rest"
)

// shedAtOnce is how many connections are closed per second while memory is
// nearly used up.
const shedAtOnce = 16

// relieve keeps the process within its memory: from the configured share of it
// upgrades are refused, and half way from there to the limit the connections
// with most parked are closed.
func (s *server) relieve() {
	used, total := rest.Memory()
	if limit := uint64(debug.SetMemoryLimit(-1)); limit < total || total == 0 {
		total = limit
	}
	threshold := s.cfg.HTTPAPI.AcceptTraffic.MemoryThreshold
	share := float64(used) / float64(total)
	short := share > threshold
	if short != s.short {
		s.short = short
		s.sessions.Press(short)
		s.log.Warn("memory", "short", short, "used_bytes", used, "limit_bytes", total, "accept_traffic.memory_threshold", threshold)
	}
	if share > (1+threshold)/2 {
		s.log.Warn("memory is nearly used up; closed the slowest clients", "closed", s.sessions.Shed(shedAtOnce))
	}
}
