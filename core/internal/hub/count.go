package hub

import (
	"github.com/jackfield/jackfield/core/internal/delay"
	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// countFrom is the number of subscriptions from which subscribers are told of
// changes at intervals only.
const countFrom = 100

// count is what the subscribers of a channel know of their number. Guarded by
// Channel.mu.
type count struct {
	told int
	next *delay.Ticket // nothing is told before, unless the channel has become small
}

// tellCount tells all subscribers, and the observer, how many there are; if
// there are many, at most once per interval. mu is held.
func (c *Channel) tellCount() {
	h := c.app.hub
	if h.counts == nil || c.presence != nil || c.kind.Class == pusher.User {
		return
	}
	if c.count.next != nil && (c.number() >= countFrom || c.count.told < 0) {
		return
	}
	c.sendCount()
}

// number is how many subscriptions the channel has, on all nodes. mu is held.
func (c *Channel) number() int {
	if c.app.hub.opts.Cluster != nil {
		return c.shared.total
	}
	return c.total
}

// sendCount tells the number, and sees to it that what changes meanwhile is told
// after the interval. mu is held.
func (c *Channel) sendCount() {
	h := c.app.hub
	c.count.told = c.number()
	if !c.appendCount() {
		c.count.told = -1 // once more when there is room
	}
	if h.opts.Observer != nil {
		h.opts.Observer.SubscriptionCount(c.app.ID, c.name, c.number())
	}
	if c.count.next == nil && (c.number() >= countFrom || c.count.told < 0) {
		c.count.next = h.counts.After(c.tellLater)
	}
}

func (c *Channel) tellLater() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count.next = nil
	if c.total > 0 && c.count.told != c.number() {
		c.sendCount()
	}
}

// appendCount puts the number in the logs, each of which must have room. mu is
// held, so that numbers stand in every log in one order.
func (c *Channel) appendCount() (all bool) {
	f := frame.AppendText(nil, pusher.AppendSubscriptionCount(nil, c.name, c.number()))
	now, all := c.app.hub.opts.Now(), true
	for i, l := range c.app.logs {
		l.shard.mu.Lock()
		switch {
		case c.parts[i].count == 0:
		case l.full(len(f), now):
			all = false
		default:
			l.shard.append(l, entry{op: opMessage, ch: c, frame: f, at: now})
		}
		l.shard.mu.Unlock()
	}
	return all
}
