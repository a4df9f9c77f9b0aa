package hub

import "github.com/jackfield/jackfield/core/internal/pusher"

// SignIn makes the subscriber one of the connections of a user: it gets what is
// published to the user's channel, whether it asks for that channel or not.
// Acknowledge answers if it does. Leave signs it out.
func (s *Subscriber) SignIn(userID string) *Membership {
	m, _ := s.join(pusher.UserChannel(userID), opJoin, nil, 0) // only presence channels refuse
	return m
}

// Terminate closes all connections of a user on this node, after what was
// published to them before.
func (h *Hub) Terminate(appID, userID string) {
	c := h.lookUp(appID, pusher.UserChannel(userID).Name)
	if c == nil {
		return
	}
	h.lockShards(true, nil)
	defer h.unlockShards(true, nil)
	for i, l := range c.app.logs {
		if c.parts[i].count > 0 {
			l.shard.append(l, entry{op: opTerminate, ch: c, at: h.opts.Now()})
		}
	}
}

// terminate closes the subscribers. Worker only.
func (p *part) terminate() {
	for _, s := range p.subs {
		s.sub.Owner.Terminate()
	}
}

// Connections is the number of open connections of an app on this node.
func (h *Hub) Connections(appID string) int {
	if a, ok := h.apps.Load(appID); ok {
		return a.(*App).Connections()
	}
	return 0
}

// observeUser tells o of the first connection of a user (1) and of the end of
// the last (0).
func (c *Channel) observeUser(o Observer, total int) {
	switch {
	case c.total != total:
	case total == 0:
		o.SignedOut(c.app.ID, c.kind.UserID())
	default:
		o.SignedIn(c.app.ID, c.kind.UserID())
	}
}
