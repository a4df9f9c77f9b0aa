package session

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

var pongFrame = frame.AppendText(nil, pusher.AppendPong(nil))

// subscribe answers a subscription exactly once: with the acknowledgement, or
// with the two frames of a refusal.
func (s *Session) subscribe(data []byte) {
	req, err := pusher.ParseSubscribe(data)
	if err != nil {
		s.complain(pusher.AsError(err))
		return
	}
	app := s.app.Load()
	kind, err := pusher.ParseChannel(string(req.Channel), app.Limits.ChannelNameLength)
	if err != nil {
		s.refuse(string(req.Channel), pusher.AsError(err))
		return
	}
	if m := s.find(kind.Name); m != nil {
		m.Acknowledge()
		return
	}
	if s.user != nil && kind.Class == pusher.User && kind.UserID() == s.user.ID {
		s.user.member.Acknowledge()
		return
	}
	if err := s.join(app, kind, &req); err != nil {
		s.refuse(kind.Name, err)
	}
}

// join checks everything that a new subscription needs and makes it.
func (s *Session) join(app *apps.App, kind pusher.Channel, req *pusher.Subscribe) *pusher.Error {
	if err := s.authorize(app, kind, req); err != nil {
		s.counters.AuthFailures[metrics.SurfaceSubscribe].Add(1)
		return pusher.AsError(err)
	}
	if n := app.Limits.ChannelsPerConnection; n > 0 && len(s.members) >= n {
		return limitReached(403, fmt.Sprintf("This connection is subscribed to %d channels already, which is the limit", n))
	}
	member, err := s.readMember(app, kind, req)
	if err != nil {
		return pusher.AsError(err)
	}
	if kind.NeedsAuth() && !s.authorized() {
		return nil
	}
	most := app.Limits.PresenceMembersPerChannel
	s.reserve(kind, member, most, func(err error) {
		if err == nil {
			err = s.enter(kind, member, most)
		}
		if errors.Is(err, hub.ErrFullChannel) {
			err = limitReached(403, fmt.Sprintf("Channel %s has %d members already, which is the limit", kind.Name, most))
		}
		if err != nil {
			s.refuse(kind.Name, pusher.AsError(err))
		}
	})
	return nil
}

func (s *Session) authorize(app *apps.App, kind pusher.Channel, req *pusher.Subscribe) error {
	if kind.Class == pusher.User {
		return &pusher.Error{
			Code: pusher.CodeUnauthorized, Type: pusher.TypeAuth, Status: 401,
			Message: "Only who is signed in as this user receives the events of " + kind.Name,
		}
	}
	return pusher.VerifyChannelAuth(app.Signers, app.Record.Key, s.sub.ID, kind, req.Auth, req.ChannelData)
}

// readMember returns who joins a presence channel, nil for other channels. It is
// who the back end signed or, without channel_data, who signed in.
func (s *Session) readMember(app *apps.App, kind pusher.Channel, req *pusher.Subscribe) (*pusher.Member, error) {
	if kind.Class != pusher.Presence {
		return nil, nil
	}
	if len(req.ChannelData) == 0 && s.user != nil {
		return s.user.asMember(app.Limits.PresenceMemberBytes)
	}
	m, err := pusher.ParseMember(req.ChannelData, app.Limits.PresenceMemberBytes)
	if err != nil {
		return nil, err
	}
	m.Info = bytes.Clone(m.Info) // outlives the message
	return &m, nil
}

func limitReached(status int, message string) *pusher.Error {
	return &pusher.Error{Message: message, Type: pusher.TypeLimit, Status: status}
}

// refuse answers a subscription that failed: a frame with the channel, for those
// who bind to it, and an error frame.
func (s *Session) refuse(channel string, e *pusher.Error) {
	b := frame.AppendText(nil, pusher.AppendSubscriptionError(nil, channel, e))
	s.sub.Direct(frame.AppendText(b, pusher.AppendError(nil, e.Code, e.Message)))
}

// unsubscribe ends a subscription; there is no answer, and an unknown channel is
// nothing to complain of.
func (s *Session) unsubscribe(data []byte) {
	name, err := pusher.ParseUnsubscribe(data)
	if err != nil {
		s.complain(pusher.AsError(err))
		return
	}
	i := slices.IndexFunc(s.members, func(m *hub.Membership) bool { return m.Channel() == string(name) })
	if i < 0 {
		return
	}
	m := s.members[i]
	s.members = slices.Delete(s.members, i, i+1)
	s.counters.Unsubscribed[ChannelType(m.Kind())].Add(1)
	m.Leave()
}
