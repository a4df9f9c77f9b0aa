package plugintest

import "time"

// fault runs f with the session of an incarnation; one that never joined is a
// mistake of the test.
func (b *ReferenceBus) fault(incarnation string, f func(*refSession)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[incarnation]
	if s == nil {
		panic("plugintest: no session with incarnation " + incarnation)
	}
	f(s)
}

// Drop loses the next n events of a session. Where they would have been the
// session then finds one Lost for all cells.
func (b *ReferenceBus) Drop(incarnation string, n int) {
	b.fault(incarnation, func(s *refSession) { s.drops = n })
}

// LoseReplies makes the next n calls of Apply that are executed fail with
// ErrTimeout.
func (b *ReferenceBus) LoseReplies(incarnation string, n int) {
	b.fault(incarnation, func(s *refSession) { s.silent = n })
}

// losesReply takes one from what LoseReplies has set.
func (s *refSession) losesReply() bool {
	if s.silent == 0 {
		return false
	}
	s.silent--
	return true
}

// Partition cuts a session off: its commands fail with ErrUnavailable and its
// events are lost, while its lease runs on. Heal ends that.
func (b *ReferenceBus) Partition(incarnation string) {
	b.fault(incarnation, func(s *refSession) { s.cut = true })
}

// Heal ends a Partition. If events were lost the session is told.
func (b *ReferenceBus) Heal(incarnation string) {
	b.fault(incarnation, func(s *refSession) {
		s.cut = false
		if s.lost {
			s.lost = false
			s.tellLost("cut off")
		}
	})
}

// Pause stops a session as SIGSTOP stops a process: commands wait, events pile
// up, the lease runs on. Commands that waited take effect after Resume.
func (b *ReferenceBus) Pause(incarnation string) {
	b.fault(incarnation, func(s *refSession) {
		if s.paused == nil {
			s.paused = make(chan struct{})
		}
	})
}

// Resume ends a Pause.
func (b *ReferenceBus) Resume(incarnation string) {
	b.fault(incarnation, func(s *refSession) {
		if s.paused != nil {
			close(s.paused)
			s.paused = nil
			s.signal()
		}
	})
}

// Forget empties a cell, as a fail-over to a backend that knows nothing does:
// its sequence begins again in a new epoch, its holdings and versions are gone,
// and all sessions are told of a loss in that cell.
func (b *ReferenceBus) Forget(cell uint32) {
	b.failOver(cell, func(c *refCell) *refCell { return newRefCell(c.epoch + 1) })
}

// Rewind brings a cell back to what it was d ago, as a fail-over to a replica
// that lags does, in a new epoch; all sessions are told of a loss in that cell.
func (b *ReferenceBus) Rewind(cell uint32, d time.Duration) {
	b.failOver(cell, func(c *refCell) *refCell { return c.rewind(b.clock.Now().Add(-d)) })
}

func (b *ReferenceBus) failOver(cell uint32, after func(*refCell) *refCell) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.cells[cell]
	if c == nil {
		c = newRefCell(1)
	}
	b.cells[cell] = after(c)
	for _, h := range b.cells[cell].holdings() { // those given back before are to be given back again
		b.sessions[h.Incarnation].reaped = false
	}
	for _, s := range b.sessions {
		if !s.isClosed() {
			s.tellLost("fail-over", cell)
		}
	}
}
