package session

import (
	"errors"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// admit counts a connection, if there is a place for it. In a cluster the caller
// waits for a moment.
func (s *Server) admit(tenant *hub.App, limit int) bool {
	if s.opts.Places == nil {
		return tenant.Admit(limit)
	}
	answer := make(chan bool, 1)
	s.opts.Places.Admit(tenant.ID, limit, func(ok bool) { answer <- ok })
	if !<-answer {
		return false
	}
	return tenant.Admit(0)
}

// giveBack gives back what admit has taken from the cluster.
func (s *Server) giveBack(appID string) {
	if s.opts.Places != nil {
		s.opts.Places.Release(appID)
	}
}

var errNoPlace = errors.New("the app has no place for another connection")

// askForPlace asks the cluster for a place for a guest. The session pauses; then
// the frame that needs the place is handled once more.
func (s *Session) askForPlace(limit int) {
	s.again = true
	w := &wait{
		then: func(err error) {
			if err != nil {
				s.giveUp(metrics.ErrOverQuota, pusher.CodeOverQuota, pusher.CodeOverQuota.Text())
				return
			}
			s.tenant.Promote(0)
			s.guest, s.repeats = false, true
		},
		ended: func(err error) {
			if err == nil {
				s.server.giveBack(s.tenant.ID)
			}
		},
	}
	s.waits = w
	s.server.opts.Places.Admit(s.tenant.ID, limit, func(ok bool) {
		var err error
		if !ok {
			err = errNoPlace
		}
		s.inbox.resume(s, func() { s.answered(w, err) })
	})
}
