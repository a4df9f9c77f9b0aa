package lastevent

import (
	"maps"
	"sync"
	"time"
)

// A channel's miss is told once within missPause; so many are remembered.
const (
	missPause  = time.Second
	missesMost = 10_000
)

// misses are the channels whose miss was told a moment ago.
type misses struct {
	mu   sync.Mutex
	told map[channelKey]time.Time
}

// missed tells that the channel has no event, unless that was just told.
func (s *Store) missed(key channelKey) {
	if s.opts.Missed != nil && s.misses.first(key, time.Now()) {
		s.opts.Missed(key.app, key.channel)
	}
}

func (m *misses) first(key channelKey, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at, ok := m.told[key]; ok && now.Sub(at) < missPause {
		return false
	}
	if len(m.told) >= missesMost {
		maps.DeleteFunc(m.told, func(_ channelKey, at time.Time) bool { return now.Sub(at) >= missPause })
	}
	if m.told == nil {
		m.told = map[channelKey]time.Time{}
	}
	if len(m.told) < missesMost {
		m.told[key] = now
	}
	return true
}
