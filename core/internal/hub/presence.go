package hub

import (
	"errors"
	"slices"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// ErrFullChannel is returned by Join when a presence channel has as many
// members as it may have and the user is not one of them.
var ErrFullChannel = errors.New("presence channel has no room for another member")

// presence is who is in a channel: users, however many subscriptions each has.
// Guarded by Channel.mu.
type presence struct {
	byID  map[string]*member
	order []*member // as they came
}

type member struct {
	id    string
	info  []byte // of the user's first subscription
	count int    // subscriptions
}

func newPresence() *presence { return &presence{byID: map[string]*member{}} }

// enter counts a subscription of who and returns, if the user is new, what the
// others are told.
func (p *presence) enter(channel string, m *Membership, who *pusher.Member, maxMembers int) (announce []byte, err error) {
	u := p.byID[who.UserID]
	if u == nil {
		if maxMembers > 0 && len(p.order) >= maxMembers {
			return nil, ErrFullChannel
		}
		u = &member{id: who.UserID, info: who.Info}
		p.byID[u.id] = u
		p.order = append(p.order, u)
		announce = frame.AppendText(nil, pusher.AppendMemberAdded(nil, channel, *who))
	}
	u.count++
	m.user = u
	return announce, nil
}

// leave takes a subscription back and returns, if it was the user's last, what
// the others are told.
func (p *presence) leave(channel string, m *Membership) (announce []byte) {
	u := m.user
	if u.count--; u.count > 0 {
		return nil
	}
	delete(p.byID, u.id)
	i := slices.Index(p.order, u)
	p.order = slices.Delete(p.order, i, i+1)
	return frame.AppendText(nil, pusher.AppendMemberRemoved(nil, channel, u.id))
}

func (p *presence) snapshot(channel string) []byte {
	members := make([]pusher.Member, len(p.order))
	for i, u := range p.order {
		members[i] = pusher.Member{UserID: u.id, Info: u.info}
	}
	return frame.AppendText(nil, pusher.AppendPresenceSucceeded(nil, channel, members))
}

func (p *presence) ids() []string {
	ids := make([]string, len(p.order))
	for i, u := range p.order {
		ids[i] = u.id
	}
	return ids
}
