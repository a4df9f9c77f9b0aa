package replica

import (
	"slices"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// quota is who waits for a place under a limit.
type quota struct {
	limit   uint32
	tickets []ticket // in the order of their deadlines
}

type ticket struct {
	of       any
	deadline time.Duration
}

// asked is how many places are asked for.
func (o *own) asked() uint32 {
	if o.quota == nil {
		return 0
	}
	return uint32(len(o.quota.tickets))
}

// Admit asks for one more of a number, which all nodes together may bring to
// limit (0: to any). The answer, Admitted or Refused, carries the ticket.
func (c *Cell) Admit(now time.Duration, key contract.StateKey, limit uint32, of any) {
	c.now = now
	o := c.obtain(Ref{Key: key})
	if o.quota == nil {
		o.quota = &quota{}
	}
	if limit == 0 {
		o.want.Count++
		c.showCount(o)
		c.emit(Effect{Kind: Admitted, Key: key, Ticket: of})
		c.revise(o)
		return
	}
	o.quota.limit = limit
	wait := c.opts.Verdict
	if c.self == "" || c.silent {
		wait = 0
	}
	o.quota.tickets = append(o.quota.tickets, ticket{of, now + wait})
	c.decideQuota(o)
	c.revise(o)
}

// Release gives a place back.
func (c *Cell) Release(now time.Duration, key contract.StateKey) {
	c.now = now
	if o := c.own[Ref{Key: key}]; o != nil && o.want.Count > 0 {
		o.want.Count--
		c.showCount(o)
		c.revise(o)
	}
}

// answer answers the tickets from one to another place.
func (c *Cell) answer(o *own, from, to int, kind EffectKind) {
	for _, t := range o.quota.tickets[from:to] {
		c.emit(Effect{Kind: kind, Key: o.Key, Ticket: t.of})
	}
	o.quota.tickets = slices.Delete(o.quota.tickets, from, to)
	o.deadline = 0
	if len(o.quota.tickets) > 0 {
		c.due.add(o, o.quota.tickets[0].deadline)
	}
}

func (c *Cell) quotaGranted(o *own, asked uint32) {
	n := min(int(asked), len(o.quota.tickets))
	o.want.Count += uint32(n)
	c.answer(o, 0, n, Admitted)
	c.showCount(o)
}

// quotaRefused refuses those for whom the cell has no room; the rest is asked
// for again. total is the sum in the cell.
func (c *Cell) quotaRefused(o *own, p parcel, total uint32) {
	if p.asked == 0 {
		return
	}
	others := c.othersOf(o.Key)
	if o.sure {
		others = total - min(total, o.acked.count)
	}
	room := int64(o.quota.limit) - int64(others) - int64(o.want.Count)
	room = min(max(room, 0), int64(p.asked)-1)
	if n := int64(len(o.quota.tickets)); n > room {
		c.answer(o, int(room), int(n), Refused)
	}
}

// useSpare admits those who wait to places that this node has in the cell and
// uses no more.
func (c *Cell) useSpare(o *own) {
	if o.asked() == 0 || !o.sure || o.flying || o.acked.count <= o.want.Count {
		return
	}
	n := min(o.acked.count-o.want.Count, o.asked())
	o.want.Count += n
	c.answer(o, 0, int(n), Admitted)
	c.showCount(o)
}

// decideQuota answers the tickets whose time is over: as many are admitted as
// fit beside what the others last held.
func (c *Cell) decideQuota(o *own) {
	over := slices.IndexFunc(o.quota.tickets, func(t ticket) bool { return t.deadline > c.now })
	if over < 0 || c.self == "" {
		over = len(o.quota.tickets)
	}
	room := int64(o.quota.limit) - int64(c.othersOf(o.Key)) - int64(o.want.Count)
	n := int(min(max(room, 0), int64(over)))
	o.want.Count += uint32(n)
	c.answer(o, 0, n, Admitted)
	c.answer(o, 0, over-n, Refused)
	c.showCount(o)
	c.revise(o)
}

func (c *Cell) othersOf(key contract.StateKey) uint32 {
	if e := c.view.find(key); e != nil {
		return e.others
	}
	return 0
}
