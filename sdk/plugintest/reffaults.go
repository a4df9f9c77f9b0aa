package plugintest

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
	b.mu.Lock()
	defer b.mu.Unlock()
	epoch := uint64(1)
	if old := b.cells[cell]; old != nil {
		epoch = old.epoch
	}
	b.cells[cell] = newRefCell(epoch + 1)
	for _, s := range b.sessions {
		if !s.isClosed() {
			s.tellLost("fail-over", cell)
		}
	}
}
