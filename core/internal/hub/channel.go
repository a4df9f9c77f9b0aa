package hub

import (
	"sync"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// Channel is an occupied channel of an app.
type Channel struct {
	app  *App
	kind pusher.Channel
	name string

	mu       sync.Mutex
	total    int       // subscriptions
	gone     bool      // no longer in the table; look it up anew
	presence *presence // nil for other channels
	occupied bool      // as the observer knows it
	count    count
	shared   shared // with other nodes

	parts []part // one per shard
}

// part is what one shard knows of a channel.
type part struct {
	count int // subscriptions whose end is not in the log; guarded by shard.mu
	// Only the worker touches these.
	subs  []slot
	run   int           // 1 + index of the run that is being collected, 0: none
	gated []*Membership // joined, but nothing reaches them yet
	fresh int           // subscriptions that began with a cached event and got none since
}

type slot struct {
	sub *Subscriber
	m   *Membership
}

// Join subscribes sub to a channel and puts the acknowledgement in its log, so
// that it precedes all messages of the channel. member is nil unless the
// channel is a presence channel; then a user who is new is told to the others,
// unless there are already maxMembers (0: no limit) others: ErrFullChannel.
func (s *Subscriber) Join(kind pusher.Channel, member *pusher.Member, maxMembers int) (*Membership, error) {
	return s.join(kind, opJoin, member, maxMembers)
}

func (s *Subscriber) join(kind pusher.Channel, how op, member *pusher.Member, maxMembers int) (*Membership, error) {
	c := s.log.app.acquire(kind)
	m := &Membership{channel: c, sub: s}
	ack, announce, err := c.enter(m, member, maxMembers)
	if err != nil {
		empty := c.empty()
		c.mu.Unlock()
		if empty {
			c.app.release(c)
		}
		return nil, err
	}
	c.total++
	c.commitJoin(m, how, ack, announce)
	c.observeJoin(m, announce != nil)
	c.told()
	c.mu.Unlock()
	return m, nil
}

// enter makes the acknowledgement and, if the user is new, the announcement.
func (c *Channel) enter(m *Membership, who *pusher.Member, maxMembers int) (ack, announce []byte, err error) {
	if c.kind.Class == pusher.User {
		return nil, nil, nil
	}
	if c.presence != nil {
		if announce, err = c.enterUser(m, who, maxMembers); err != nil {
			return nil, nil, err
		}
	}
	return c.acknowledgement(), announce, nil
}

// acknowledgement is the answer to a subscription as things are now. mu is held.
func (c *Channel) acknowledgement() []byte {
	if c.presence != nil {
		return c.presence.snapshot(c.name)
	}
	return frame.AppendText(nil, pusher.AppendSubscriptionSucceeded(nil, c.name))
}

func (c *Channel) commitJoin(m *Membership, how op, ack, announce []byte) {
	h, l := c.app.hub, m.sub.log
	now := h.opts.Now()
	h.lockShards(announce != nil, l.shard)
	if announce != nil {
		c.appendToAll(announce, now)
	}
	c.parts[l.shard.index].count++
	l.shard.append(l, entry{op: how, ch: c, m: m, sub: m.sub, frame: ack, at: now})
	h.unlockShards(announce != nil, l.shard)
}

// Leave ends the subscription. The subscriber gets nothing of the channel that
// is published after Leave has returned.
func (m *Membership) Leave() { m.end(false) }

// Lose is Leave for a connection that broke off: the user stays a member of a
// presence channel for the grace time, and is not removed if one of their
// connections joins within it.
func (m *Membership) Lose() { m.end(true) }

func (m *Membership) end(broken bool) {
	c := m.channel
	c.mu.Lock()
	c.total--
	var announce []byte
	if c.presence != nil {
		announce = c.loseUser(m.user, broken)
	}
	c.commitLeave(m, announce)
	c.observeLeave(m.user, announce != nil)
	c.told()
	empty := c.empty()
	c.mu.Unlock()
	if empty {
		c.app.release(c)
	}
}

func (c *Channel) commitLeave(m *Membership, announce []byte) {
	h, l := c.app.hub, m.sub.log
	now := h.opts.Now()
	h.lockShards(announce != nil, l.shard)
	c.parts[l.shard.index].count--
	l.shard.append(l, entry{op: opLeave, ch: c, m: m, sub: m.sub, at: now})
	if announce != nil {
		c.appendToAll(announce, now)
	}
	h.unlockShards(announce != nil, l.shard)
}

func (c *Channel) observeJoin(m *Membership, added bool) {
	o := c.app.hub.opts.Observer
	if o == nil {
		return
	}
	if c.kind.Class == pusher.User {
		c.observeUser(o, 1)
		return
	}
	if !c.occupied {
		c.occupied = true
		o.Occupied(c.app.ID, c.name)
	}
	if added {
		o.MemberAdded(c.app.ID, c.name, m.user.id, m.user.info)
	}
}

func (c *Channel) observeLeave(u *member, removed bool) {
	o := c.app.hub.opts.Observer
	if o == nil {
		return
	}
	if c.kind.Class == pusher.User {
		c.observeUser(o, 0)
		return
	}
	if removed {
		o.MemberRemoved(c.app.ID, c.name, u.id)
	}
	if c.empty() {
		c.occupied = false
		o.Vacated(c.app.ID, c.name)
	}
}

// appendToAll puts a message in the log of every shard with subscribers,
// whether there is room or not. All shards are locked.
func (c *Channel) appendToAll(frame []byte, at timestamp) {
	for i := range c.parts {
		if c.parts[i].count > 0 {
			l := c.app.logs[i]
			l.shard.append(l, entry{op: opMessage, ch: c, frame: frame, at: at})
		}
	}
}

// empty reports whether nobody is subscribed and nobody's return is waited for.
// mu is held.
func (c *Channel) empty() bool {
	return c.total == 0 && c.shared.pins == 0 && (c.presence == nil || c.presence.here == 0)
}

// acquire returns the channel, locked, made if need be.
func (a *App) acquire(kind pusher.Channel) *Channel {
	for {
		c := a.obtain(kind)
		c.mu.Lock()
		if !c.gone {
			return c
		}
		c.mu.Unlock()
	}
}

func (a *App) obtain(kind pusher.Channel) *Channel {
	if c := a.channel(kind.Name); c != nil {
		return c
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.channels[kind.Name]; c != nil {
		return c
	}
	c := &Channel{app: a, kind: kind, name: kind.Name, parts: make([]part, len(a.logs))}
	if kind.Class == pusher.Presence {
		c.presence = newPresence()
	}
	if a.hub.opts.Cluster != nil {
		a.hub.opts.Cluster.Begin(c)
	}
	a.channels[c.name] = c
	a.occupied[kind.TypeLabel()]++
	return c
}

// release takes the channel out of the table if it is still empty.
func (a *App) release(c *Channel) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.empty() || c.gone {
		return
	}
	c.gone = true
	delete(a.channels, c.name)
	if a.hub.opts.Cluster != nil {
		a.hub.opts.Cluster.End(c)
	}
	a.occupied[c.kind.TypeLabel()]--
}

func (c *Channel) info() ChannelInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	info := ChannelInfo{Name: c.name, Subscriptions: c.total}
	if c.presence != nil {
		info.Users = len(c.presence.order)
	}
	return info
}

func (c *Channel) users() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.presence == nil {
		return nil
	}
	return c.presence.ids()
}

// members returns who is in a presence channel, in the order in which they came.
func (c *Channel) members() []pusher.Member {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.presence == nil {
		return nil
	}
	return c.presence.members()
}
