package session

import (
	"time"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// seconds is the time of the last Tick in whole seconds.
func (s *Server) seconds() int64 { return s.clock.Load() / int64(time.Second) }

func inSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// firstCheck counts from the opening, however late the worker hears of it.
func (s *Session) firstCheck() int64 {
	opened := int64(s.opened / time.Second)
	return s.deadline.before(opened + inSeconds(s.server.opts.ActivityTimeout) + 1)
}

// check looks whether the session is alive and authorised and returns when to
// look again.
func (s *Session) check(now int64) int64 {
	if s.deadline.passed(now) {
		s.giveUp(metrics.ErrAuthentication, pusher.CodeUnauthorized, "Connection not authorized within timeout.")
		s.deadline = deadlines{}
	}
	return s.deadline.before(s.checkLife(now))
}

// checkLife looks whether the client is alive and returns when to look again. A
// client that was silent for the activity timeout gets a ping; any frame counts
// as the answer.
func (s *Session) checkLife(now int64) int64 {
	silent := inSeconds(s.server.opts.ActivityTimeout)
	patience := inSeconds(s.server.opts.PongTimeout)
	seen := s.seen.Load() / int64(time.Second)
	idle := now - seen
	switch {
	case s.closing.Load():
		return now + patience
	case idle < silent:
		return now + silent - idle
	case s.pinged <= seen:
		s.pinged = now
		s.ping()
		return now + patience
	case now < s.pinged+patience:
		return s.pinged + patience
	default:
		s.giveUp(metrics.ErrPongTimeout, pusher.CodePongTimeout, pusher.CodePongTimeout.Text())
		return now + patience
	}
}

// giveUp counts a fault of the connection and closes it, unless it is closing.
func (s *Session) giveUp(kind metrics.ErrorType, code pusher.Code, message string) {
	if !s.closing.Load() {
		s.counters.Errors[kind].Add(1)
	}
	s.fail(code, message)
}

var pingFrame = frame.AppendText(nil, pusher.AppendPing(nil))

// ping asks whether the client is there.
func (s *Session) ping() {
	if s.server.opts.PingEvent {
		s.sub.Direct(pingFrame)
		return
	}
	s.conn.Ping()
}
