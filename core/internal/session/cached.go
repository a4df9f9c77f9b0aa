package session

import (
	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/lastevent"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// enter joins a channel. The session pauses after it has joined a cache channel,
// until the last event of the channel is known.
func (s *Session) enter(kind pusher.Channel, member *pusher.Member, maxMembers int) error {
	join := s.sub.Join
	if kind.Cache {
		join = s.sub.JoinGated
	}
	m, err := join(kind, member, maxMembers)
	if err != nil {
		return err
	}
	s.members = append(s.members, m)
	s.counters.Subscribed[ChannelType(kind)].Add(1)
	if !kind.Cache {
		return nil
	}
	s.opening = m
	s.server.opts.LastEvents.Ask(s.tenant.ID, kind.Name, func(e lastevent.Event) {
		s.inbox.resume(s, func() { s.begin(e) })
	})
	return nil
}

// pauses reports whether the frames of this session have to wait.
func (s *Session) pauses() bool { return s.opening != nil || s.waits != nil }

// begin lets the channel that the session has joined through, with its last
// event or the news that it has none first.
func (s *Session) begin(e lastevent.Event) {
	m := s.opening
	if m == nil {
		return // gone meanwhile
	}
	s.opening = nil
	if e.IsZero() {
		e.Frame = frame.AppendText(nil, pusher.AppendCacheMiss(nil, m.Channel()))
	}
	m.Open(e.Frame, e.ID)
}
