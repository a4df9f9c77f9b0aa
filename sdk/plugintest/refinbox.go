package plugintest

import (
	"context"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	inboxLimit   = 1 << 16 // events; what comes above is lost, and told
	receiveLimit = 256     // events of one Receive
)

// deliver puts an event into the inbox, or loses it as the faults say.
func (s *refSession) deliver(e contract.AdapterEvent) {
	switch {
	case s.isClosed():
	case s.cut:
		s.lost = true
	case s.drops > 0:
		if s.drops--; s.drops == 0 {
			s.tellLost("dropped")
		}
	case len(s.inbox) >= inboxLimit:
		s.inbox = nil
		s.tellLost("the inbox was full")
	default:
		s.push(e)
	}
}

func (s *refSession) tellLost(reason string, cells ...uint32) {
	s.push(contract.AdapterEvent{Lost: &contract.Lost{Cells: cells, Reason: reason}})
}

func (s *refSession) push(e contract.AdapterEvent) {
	s.inbox = append(s.inbox, e)
	s.signal()
}

// signal wakes the receiver.
func (s *refSession) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Receive waits for events. A paused node gets none until the pause ends.
func (s *refSession) Receive(ctx context.Context) ([]contract.AdapterEvent, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.isClosed() {
			return nil, contract.ErrClosed
		}
		if events := s.takeInbox(); len(events) > 0 {
			return events, nil
		}
		select {
		case <-ctx.Done():
		case <-s.closed:
		case <-s.wake:
		}
	}
}

func (s *refSession) takeInbox() []contract.AdapterEvent {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	if s.paused != nil {
		return nil
	}
	n := min(len(s.inbox), receiveLimit)
	events := s.inbox[:n:n]
	s.inbox = s.inbox[n:]
	return events
}

// Waiting returns how many events the next calls of Receive of a session will
// find, for drivers of a simulation that must not wait.
func (b *ReferenceBus) Waiting(incarnation string) (n int) {
	b.fault(incarnation, func(s *refSession) {
		if !s.isClosed() {
			n = len(s.inbox)
		}
	})
	return n
}
