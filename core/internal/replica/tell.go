package replica

import (
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// parcel is a value on its way to the cell.
type parcel struct {
	o     *own
	sent  value
	limit uint32
	asked uint32
}

// An Apply carries at most this much.
const (
	maxChanges = 256
	maxInfo    = 256 << 10
)

// revise sees to it that a value that is not as wanted is told.
func (c *Cell) revise(o *own) {
	c.useSpare(o)
	if o.sure && o.acked == o.wanted() {
		if o.waiting && !o.flying && c.holdsSelf(o.Ref) {
			c.admit(o)
		}
		c.forget(o)
		return
	}
	o.lazy = o.sure && o.quota == nil && o.acked.count > 0 && o.want.Count > 0
	if o.lazy && c.lazyAt == 0 {
		c.lazyAt = c.now + c.opts.Lazy
	}
	if !o.queued && !o.flying {
		o.queued = true
		c.queue = append(c.queue, o)
	}
}

// holdsSelf reports whether the view has this session as a holder.
func (c *Cell) holdsSelf(ref Ref) bool {
	e := c.view.find(ref.Key)
	if e == nil {
		return false
	}
	s := e.seats[ref.User]
	return s != nil && s.holds.find(c.self) >= 0
}

// Commands returns the calls that are to be made now.
func (c *Cell) Commands(now time.Duration) []Command {
	c.now = now
	var all []Command
	if cmd, ok := c.syncCommand(); ok {
		all = append(all, cmd)
	}
	if cmd, ok := c.leadCommand(); ok {
		all = append(all, cmd)
	}
	if at := c.applyDue(); at != 0 && at <= now {
		if cmd, ok := c.applyCommand(); ok {
			all = append(all, cmd)
		}
	}
	return all
}

// commandDue is when there is a command that waits for its time, 0: never.
func (c *Cell) commandDue() time.Duration {
	at := c.applyDue()
	if s := &c.sync; !s.busy && (s.phase == reading || s.phase == paging) && (at == 0 || s.from < at) {
		at = s.from
	}
	return at
}

// applyDue is when the queue is to be told, 0: never.
func (c *Cell) applyDue() time.Duration {
	if c.self == "" || len(c.flight) > 0 || len(c.queue) == 0 {
		return 0
	}
	at := c.lazyAt
	for _, o := range c.queue {
		if !o.lazy {
			at = 1
			break
		}
	}
	return max(at, c.retryAt, 1)
}

// applyCommand packs the queue, as much as fits; markers go last.
func (c *Cell) applyCommand() (Command, bool) {
	var left, marks []*own
	size := 0
	for _, o := range c.queue {
		switch {
		case o.sure && o.acked == o.wanted():
			o.queued = false
			c.forget(o)
		case o.Key == markers && o.want.Present:
			marks = append(marks, o)
		case len(c.flight) >= maxChanges || size > maxInfo:
			left = append(left, o)
		default:
			size += len(o.want.Info)
			c.pack(o)
		}
	}
	c.queue = left
	for _, o := range marks {
		if len(left) > 0 {
			c.queue = append(c.queue, o)
		} else {
			c.pack(o)
		}
	}
	c.lazyAt = 0
	if len(c.flight) == 0 {
		return Command{}, false
	}
	c.version++
	cmd := Command{Kind: Apply, Serial: c.session, Apply: contract.ApplyRequest{Cell: c.number, Version: c.version}}
	for _, p := range c.flight {
		ch := p.o.want
		ch.Count, ch.Limit = p.sent.count, p.limit
		if !ch.Present {
			ch.Info = nil
		}
		cmd.Apply.Changes = append(cmd.Apply.Changes, ch)
	}
	return cmd, true
}

func (c *Cell) pack(o *own) {
	p := parcel{o: o, sent: o.wanted(), limit: o.want.Limit, asked: o.asked()}
	if o.quota != nil {
		p.limit = 0
		if p.asked > 0 {
			p.limit = o.quota.limit
		}
	}
	o.queued, o.flying = false, true
	c.flight = append(c.flight, p)
}

// land takes back an Apply of which nothing will be heard.
func (c *Cell) land() {
	flight := c.flight
	c.flight = nil
	for _, p := range flight {
		p.o.flying, p.o.sure = false, false
		c.revise(p.o)
	}
}

// Applied takes the result of an Apply.
func (c *Cell) Applied(now time.Duration, serial uint64, v contract.Verdict, err error) {
	c.now = now
	if serial != c.session {
		return
	}
	if err != nil || len(v.Results) != len(c.flight) {
		c.retryAt = now + c.opts.Retry
		c.land()
		return
	}
	c.silent, c.retryAt = false, 0
	flight := c.flight
	c.flight = nil
	for i, p := range flight {
		p.o.flying = false
		c.verdict(p, v.Results[i])
		if v.Epoch < c.view.at.Epoch {
			p.o.sure = false // it may have gone with its epoch
		}
		c.revise(p.o)
		if seq := v.Results[i].Seq; seq != 0 {
			c.Stands(now, contract.Position{Epoch: v.Epoch, Seq: seq})
		}
	}
}

func (c *Cell) verdict(p parcel, r contract.ChangeResult) {
	o := p.o
	switch {
	case r.Refused && o.quota != nil:
		c.quotaRefused(o, p, r.Total)
	case r.Refused && o.waiting:
		c.refuse(o)
	case r.Refused:
	default:
		o.acked, o.sure = p.sent, true
		if o.quota != nil {
			c.quotaGranted(o, p.asked)
		}
	}
}
