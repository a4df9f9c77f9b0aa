package replica

import (
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// quota is who waits for a place under a limit.
type quota struct {
	limit   uint32
	tickets []any
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
func (c *Cell) Admit(now time.Duration, key contract.StateKey, limit uint32, ticket any) {
	c.now = now
	o := c.obtain(Ref{Key: key})
	if o.quota == nil {
		o.quota = &quota{}
	}
	if limit == 0 {
		o.want.Count++
		c.showCount(o)
		c.emit(Effect{Kind: Admitted, Key: key, Ticket: ticket})
		c.revise(o)
		return
	}
	o.quota.limit = limit
	o.quota.tickets = append(o.quota.tickets, ticket)
	if c.self == "" || c.silent {
		c.decideQuota(o)
	} else if o.deadline == 0 {
		c.due.add(o, now+c.opts.Verdict)
	}
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

// answer answers the first n that wait.
func (c *Cell) answer(o *own, n int, kind EffectKind) {
	for _, t := range o.quota.tickets[:n] {
		c.emit(Effect{Kind: kind, Key: o.Key, Ticket: t})
	}
	o.quota.tickets = append([]any(nil), o.quota.tickets[n:]...)
	if len(o.quota.tickets) == 0 {
		o.deadline = 0
	}
}

func (c *Cell) quotaGranted(o *own, asked uint32) {
	n := min(int(asked), len(o.quota.tickets))
	o.want.Count += uint32(n)
	c.answer(o, n, Admitted)
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
		c.refuseLast(o, int(n-room))
	}
}

// refuseLast refuses the last n that wait.
func (c *Cell) refuseLast(o *own, n int) {
	keep := len(o.quota.tickets) - n
	for _, t := range o.quota.tickets[keep:] {
		c.emit(Effect{Kind: Refused, Key: o.Key, Ticket: t})
	}
	o.quota.tickets = o.quota.tickets[:keep]
	if keep == 0 {
		o.deadline = 0
	}
}

// decideQuota admits as many as fit beside what the others last held.
func (c *Cell) decideQuota(o *own) {
	room := int64(o.quota.limit) - int64(c.othersOf(o.Key)) - int64(o.want.Count)
	n := int(min(max(room, 0), int64(len(o.quota.tickets))))
	o.want.Count += uint32(n)
	c.answer(o, n, Admitted)
	c.refuseLast(o, len(o.quota.tickets))
	c.showCount(o)
	c.revise(o)
}

func (c *Cell) othersOf(key contract.StateKey) uint32 {
	if e := c.view.find(key); e != nil {
		return e.others
	}
	return 0
}
