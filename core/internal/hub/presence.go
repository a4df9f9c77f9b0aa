package hub

import (
	"errors"
	"slices"

	"github.com/jackfield/jackfield/core/internal/delay"
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
	order []*member // members, as they came
	here  int       // users whom this node makes members
}

type member struct {
	id    string
	info  []byte        // of the user's first subscription
	count int           // subscriptions
	grace *delay.Ticket // while all of them have broken off

	// In a cluster only.
	held     bool // the other nodes were told that this one has the user
	admitted bool // and that took effect
	shown    bool // is a member
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
		p.here++
		announce = frame.AppendText(nil, pusher.AppendMemberAdded(nil, channel, *who))
	}
	u.count++
	u.back()
	m.user = u
	return announce, nil
}

// back ends the wait for a user's return.
func (u *member) back() {
	if u.grace != nil {
		u.grace.CallOff()
		u.grace = nil
	}
}

// loseUser takes a subscription back and returns, if the user is no longer a
// member, what the others are told. mu is held.
func (c *Channel) loseUser(u *member, broken bool) (announce []byte) {
	if u.count--; u.count > 0 {
		return nil
	}
	if !broken || c.app.hub.grace == nil {
		return c.letGo(u)
	}
	var t *delay.Ticket
	t = c.app.hub.grace.After(func() { c.giveUp(u, &t) })
	u.grace = t
	return nil
}

// giveUp removes a user who did not come back within the grace time of ticket.
func (c *Channel) giveUp(u *member, ticket **delay.Ticket) {
	c.mu.Lock()
	if u.grace == nil || u.grace != *ticket {
		c.mu.Unlock()
		return
	}
	if announce := c.letGo(u); announce != nil {
		c.announce(announce)
		c.observeLeave(u, true)
	}
	c.told()
	empty := c.empty()
	c.mu.Unlock()
	if empty {
		c.app.release(c)
	}
}

// letGo removes a user of this node and returns what the others are told now.
func (c *Channel) letGo(u *member) (announce []byte) {
	u.grace = nil
	if c.app.hub.opts.Cluster != nil {
		c.drop(u)
		return nil
	}
	c.presence.here--
	return c.presence.remove(c.name, u)
}

// announce puts a message in the logs of all subscribers. mu is held.
func (c *Channel) announce(frame []byte) {
	h := c.app.hub
	h.lockShards(true, nil)
	c.appendToAll(frame, h.opts.Now())
	h.unlockShards(true, nil)
}

// remove takes a user out and returns what the others are told.
func (p *presence) remove(channel string, u *member) (announce []byte) {
	delete(p.byID, u.id)
	i := slices.Index(p.order, u)
	p.order = slices.Delete(p.order, i, i+1)
	return frame.AppendText(nil, pusher.AppendMemberRemoved(nil, channel, u.id))
}

func (p *presence) snapshot(channel string) []byte {
	return frame.AppendText(nil, pusher.AppendPresenceSucceeded(nil, channel, p.members()))
}

func (p *presence) members() []pusher.Member {
	members := make([]pusher.Member, len(p.order))
	for i, u := range p.order {
		members[i] = pusher.Member{UserID: u.id, Info: u.info}
	}
	return members
}

func (p *presence) ids() []string {
	ids := make([]string, len(p.order))
	for i, u := range p.order {
		ids[i] = u.id
	}
	return ids
}
