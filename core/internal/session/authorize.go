package session

import (
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// deadlines are the seconds by which the client must have proved something; 0: none.
type deadlines struct {
	authorize int64 // signed in, or joined a channel that needs a signature
	signin    int64 // signed in
}

func (d deadlines) passed(now int64) bool {
	return d.authorize > 0 && now >= d.authorize || d.signin > 0 && now >= d.signin
}

// before returns due, or an earlier deadline.
func (d deadlines) before(due int64) int64 {
	if d.authorize > 0 {
		due = min(due, d.authorize)
	}
	if d.signin > 0 {
		due = min(due, d.signin)
	}
	return due
}

// demand starts the time in which the client must prove who it is, where the
// app wants that.
func (s *Session) demand(f contract.Features, guest bool) {
	s.guest = guest
	now, opts := s.server.seconds()+1, &s.server.opts
	if f.AuthorizedConnections {
		s.deadline.authorize = now + inSeconds(opts.AuthorizeWithin)
	}
	if f.UserAuthentication && opts.SigninWithin > 0 {
		s.deadline.signin = now + inSeconds(opts.SigninWithin)
	}
}

// authorized notes that a back end has vouched for the client, which from now on
// counts to the quota of the app. It closes the connection and reports false if
// there is no room.
func (s *Session) authorized() bool {
	s.deadline.authorize = 0
	if !s.guest {
		return true
	}
	limit := s.app.Load().Limits.MaxConnections
	if s.server.opts.Places != nil {
		s.askForPlace(limit)
		return false
	}
	if !s.tenant.Promote(limit) {
		s.giveUp(metrics.ErrOverQuota, pusher.CodeOverQuota, pusher.CodeOverQuota.Text())
		return false
	}
	s.guest = false
	return true
}
