package session

import (
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// wait is an answer of the cluster for which a session pauses.
type wait struct {
	reserved *hub.Reservation // released when the waiting is over; may be nil
	then     func(error)
	ended    func(error) // instead of then, if the session has ended meanwhile; may be nil
}

// answered goes on with what waited for an answer.
func (s *Session) answered(w *wait, err error) {
	if s.waits != w {
		if w.ended != nil {
			w.ended(err)
		}
		return
	}
	s.waits = nil
	w.then(err)
	w.reserved.Release()
}

// stopWaiting gives up what the session waits for.
func (s *Session) stopWaiting() {
	if s.waits != nil {
		s.waits.reserved.Release()
		s.waits = nil
	}
}

// reserve calls then when the cluster is ready for a Join: at once, or after a
// pause of the session.
func (s *Session) reserve(kind pusher.Channel, member *pusher.Member, maxMembers int, then func(error)) {
	w := &wait{then: then}
	r, ready := s.sub.Reserve(kind, member, maxMembers, func(err error) {
		s.inbox.resume(s, func() { s.answered(w, err) }) // handled after this frame
	})
	if ready {
		then(nil)
		r.Release()
		return
	}
	w.reserved = r
	s.waits = w
}
