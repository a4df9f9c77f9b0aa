package hub

import (
	"slices"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// Cluster is the other nodes, as the hub needs them. In a cluster the members of
// presence channels and the numbers of subscriptions are those of all nodes: the
// hub tells what this node has, and the Cluster tells each Channel what there is,
// by Fill, Show, Hide, Total, Ready and Resolve. Calls come under locks of the
// hub: they return at once and call nothing of it.
type Cluster interface {
	// Begin tells that a channel has come into being on this node, before all
	// else of it. The cluster calls Fill once, and Ready when messages from other
	// nodes arrive. End tells that it is no more.
	Begin(c *Channel)
	End(c *Channel)
	// Enter tells that this node has a user now, in a channel for at most
	// maxMembers (0: any number); Resolve is the answer. Exit tells that it has
	// the user no more.
	Enter(c *Channel, userID string, info []byte, maxMembers int)
	Exit(c *Channel, userID string)
	// Count tells how many subscriptions this node has.
	Count(c *Channel, n int)
	// Connections tells how many connections of an app this node has.
	Connections(appID string, n int)
}

// shared is what a channel has to do with other nodes. Guarded by Channel.mu.
type shared struct {
	ready   bool // messages of other nodes arrive
	total   int  // subscriptions on all nodes
	counted int  // what Count told last
	pins    int  // reservations
	waiting []waiting
}

// waiting is a reservation that is not answered.
type waiting struct {
	r    *Reservation
	done func(error)
}

// Reservation keeps a channel, and a user in it, for a Join that follows.
type Reservation struct {
	c    *Channel
	user *member // nil but in presence channels
}

// Reserve prepares a Join of a channel in a cluster: it sees to it that messages
// of other nodes arrive, and that the user of a presence channel is a member. If
// ready is false the caller waits for done, which is called once, with nil or
// ErrFullChannel, from any goroutine and under locks of the hub: it returns at
// once. Release follows, after Join or instead of it. Without a cluster there is
// nothing to prepare, and r is nil.
func (s *Subscriber) Reserve(kind pusher.Channel, who *pusher.Member, maxMembers int, done func(error)) (r *Reservation, ready bool) {
	if s.log.app.hub.opts.Cluster == nil {
		return nil, true
	}
	c := s.log.app.acquire(kind)
	defer c.mu.Unlock()
	c.shared.pins++
	r = &Reservation{c: c}
	if c.presence != nil {
		r.user = c.hold(who, maxMembers)
	}
	if r.mayJoin() {
		return r, true
	}
	c.shared.waiting = append(c.shared.waiting, waiting{r, done})
	return r, false
}

func (r *Reservation) mayJoin() bool {
	return r.c.shared.ready && (r.user == nil || r.user.admitted)
}

// Release gives up what Reserve has taken; done is not called any more. A nil
// Reservation has nothing to give up.
func (r *Reservation) Release() {
	if r == nil {
		return
	}
	c := r.c
	c.mu.Lock()
	c.shared.pins--
	c.shared.waiting = slices.DeleteFunc(c.shared.waiting, func(w waiting) bool { return w.r == r })
	if r.user != nil {
		c.loseUser(r.user, false)
		c.told()
	}
	empty := c.empty()
	c.mu.Unlock()
	if empty {
		c.app.release(c)
	}
}

// enterUser is presence.enter, here or in a cluster.
func (c *Channel) enterUser(m *Membership, who *pusher.Member, maxMembers int) (announce []byte, err error) {
	if c.app.hub.opts.Cluster == nil {
		return c.presence.enter(c.name, m, who, maxMembers)
	}
	m.user = c.hold(who, maxMembers)
	return nil, nil
}

// hold counts a subscription of who, and tells the cluster of a new user.
func (c *Channel) hold(who *pusher.Member, maxMembers int) *member {
	u := c.presence.byID[who.UserID]
	if u == nil {
		u = &member{id: who.UserID}
		c.presence.byID[u.id] = u
	}
	u.count++
	u.back()
	if !u.held {
		u.held = true
		c.presence.here++
		c.told() // the channel is occupied before it has a member
		c.app.hub.opts.Cluster.Enter(c, who.UserID, who.Info, maxMembers)
	}
	return u
}

// drop takes back what hold told.
func (c *Channel) drop(u *member) {
	if u.held {
		u.held, u.admitted = false, false
		c.presence.here--
		c.app.hub.opts.Cluster.Exit(c, u.id)
	}
	if !u.shown {
		delete(c.presence.byID, u.id)
	}
}

// told tells subscribers, or the cluster, of a new number of subscriptions.
func (c *Channel) told() {
	if c.app.hub.opts.Cluster == nil {
		c.tellCount()
		return
	}
	n := c.total
	switch {
	case c.kind.Class == pusher.User:
		n = min(n, 1)
	case n == 0 && c.presence != nil:
		n = min(c.presence.here, 1)
	}
	if n != c.shared.counted {
		c.shared.counted = n
		c.app.hub.opts.Cluster.Count(c, n)
	}
}

// here is how many members this node has.
func (c *Channel) here() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.presence.here
}

// tellConnections tells the cluster. mu is held.
func (a *App) tellConnections() {
	if a.hub.opts.Cluster != nil {
		a.hub.opts.Cluster.Connections(a.ID, a.conns)
	}
}

// AppID and Name say which channel it is; Kind what its name tells.
func (c *Channel) AppID() string { return c.app.ID }

// Name is the channel's name.
func (c *Channel) Name() string { return c.name }

// Kind is what the name tells.
func (c *Channel) Kind() pusher.Channel { return c.kind }

// Ready is called when messages of other nodes arrive, or nobody wants to wait
// for that any longer.
func (c *Channel) Ready() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shared.ready = true
	c.answer()
}

// Resolve answers Enter.
func (c *Channel) Resolve(userID string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.presence.byID[userID]
	if u == nil || !u.held {
		if ok { // the answer to an Enter that was over already, or thought to be
			c.app.hub.opts.Cluster.Exit(c, userID)
		}
		return
	}
	if ok {
		u.admitted = true
		c.answer()
		return
	}
	u.held = false
	c.presence.here--
	c.refuse(u)
	c.told()
}

// answer tells those whose waiting is over.
func (c *Channel) answer() {
	c.shared.waiting = slices.DeleteFunc(c.shared.waiting, func(w waiting) bool {
		over := w.r.mayJoin()
		if over {
			w.done(nil)
		}
		return over
	})
}

func (c *Channel) refuse(u *member) {
	c.shared.waiting = slices.DeleteFunc(c.shared.waiting, func(w waiting) bool {
		if w.r.user == u {
			w.done(ErrFullChannel)
		}
		return w.r.user == u
	})
}

// Fill says who is a member of a presence channel; nobody is subscribed yet.
func (c *Channel) Fill(members []pusher.Member) {
	for _, m := range members {
		c.Show(m)
	}
}

// Show makes a user a member of a presence channel, and tells the subscribers.
func (c *Channel) Show(who pusher.Member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.presence.byID[who.UserID]
	if u == nil {
		u = &member{id: who.UserID}
		c.presence.byID[u.id] = u
	}
	if u.shown {
		return
	}
	u.shown, u.info = true, who.Info
	c.presence.order = append(c.presence.order, u)
	c.announce(frame.AppendText(nil, pusher.AppendMemberAdded(nil, c.name, who)))
}

// Hide takes a member out again, and tells the subscribers.
func (c *Channel) Hide(userID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.presence.byID[userID]
	if u == nil || !u.shown {
		return
	}
	u.shown = false
	announce := c.presence.remove(c.name, u)
	if u.count > 0 || u.grace != nil {
		c.presence.byID[u.id] = u
	}
	c.announce(announce)
}

// Total says how many subscriptions the channel has on all nodes.
func (c *Channel) Total(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shared.total == n {
		return
	}
	c.shared.total = n
	if c.total > 0 {
		c.tellCount()
	}
}
