package session

import (
	"errors"

	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/ws"
)

// handle acts on one message of the client.
func (s *Session) handle(m ws.Message) {
	switch {
	case s.closing.Load():
		return
	case !m.Text():
		s.counters.Errors[metrics.ErrBinaryMessage].Add(1)
		s.fail(pusher.CodeUnsupportedData, pusher.CodeUnsupportedData.Text())
		return
	case !s.mayTalk():
		return
	}
	e, err := pusher.ParseEnvelope(m.Bytes())
	if err != nil {
		s.unreadable(err)
		return
	}
	s.bad = 0
	s.dispatch(&e)
}

func (s *Session) dispatch(e *pusher.Envelope) {
	switch string(e.Event) {
	case "pusher:ping":
		s.sub.Direct(pongFrame)
	case "pusher:subscribe":
		s.subscribe(e.Data)
	case "pusher:unsubscribe":
		s.unsubscribe(e.Data)
	case "pusher:signin":
		s.signin(e.Data)
	case "pusher:pong":
	default:
		if pusher.IsClientEvent(e.Event) {
			s.clientEvent(e)
			return
		}
		s.counters.IgnoredEvents.Add(1)
	}
}

// unreadable answers a frame that is not what the protocol asks for; a client
// that sends nothing else is closed.
func (s *Session) unreadable(err error) {
	kind := metrics.ErrInvalidMessage
	if errors.Is(err, pusher.ErrNoEvent) {
		kind = metrics.ErrMissingEventName
	}
	s.counters.Errors[kind].Add(1)
	if s.bad++; s.bad >= maxBadFrames {
		s.fail(pusher.CodeUnauthorized, "Too many invalid messages in a row")
		return
	}
	s.complain(pusher.AsError(err))
}

// mayTalk takes one message from the limit of all inbound messages.
func (s *Session) mayTalk() bool {
	if s.repeats {
		s.repeats = false
		return true
	}
	lim := s.app.Load().Limits.Messages
	if lim.MaxAttempts == 0 {
		return true
	}
	ok := s.messages.Take(limit.NewRate(lim.MaxAttempts, lim.Window), int64(s.server.opts.Now()))
	s.counters.Limited(metrics.LimitMessages, ok)
	if ok {
		return true
	}
	if lim.TerminateOnLimit {
		s.fail(pusher.CodeOverCapacity, "Too many messages")
	} else {
		s.complain(&pusher.Error{Code: pusher.CodeClientEvent, Message: "Too many messages, this one was dropped"})
	}
	return false
}
