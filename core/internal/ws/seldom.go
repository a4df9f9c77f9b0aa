package ws

import (
	"sync"
	"time"
)

// logPause is the least time between two lines about what any client can cause.
const logPause = time.Minute

// seldom keeps what clients can cause at will from filling the log. Safe for
// concurrent use.
type seldom struct {
	mu   sync.Mutex
	next time.Time // nothing is said before
	held int       // times that nothing was said
}

// say notes one occurrence, and reports whether it may be logged and how many
// there were since the last line, this one included.
func (s *seldom) say(now time.Time) (times int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held++
	if now.Before(s.next) {
		return 0, false
	}
	times, s.held, s.next = s.held, 0, now.Add(logPause)
	return times, true
}
