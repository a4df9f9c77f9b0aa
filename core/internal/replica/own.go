package replica

import (
	"cmp"
	"slices"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// own is one value of this node.
type own struct {
	Ref
	made  uint64
	want  contract.Change // as it is to be
	acked value           // as the cell has it, if sure
	sure  bool

	queued, flying bool
	lazy           bool // nobody waits for it

	// StatePresence.
	shown    bool          // for the sake of this node
	waiting  bool          // Enter is to be answered
	deadline time.Duration // see dues

	quota *quota // nil unless somebody asked for admission
}

// value is what the cell has of a Ref.
type value struct {
	present bool
	count   uint32
}

func (o *own) wanted() value { return value{o.want.Present, o.want.Count + o.asked()} }

// obtain returns the value of a ref, made if need be.
func (c *Cell) obtain(ref Ref) *own {
	o := c.own[ref]
	if o == nil {
		c.made++
		o = &own{Ref: ref, made: c.made, sure: true, want: contract.Change{Key: ref.Key, User: ref.User}}
		c.own[ref] = o
	}
	return o
}

// all returns the own values in the order in which they were made.
func (c *Cell) all() []*own {
	all := make([]*own, 0, len(c.own))
	for _, o := range c.own {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b *own) int { return cmp.Compare(a.made, b.made) })
	return all
}

// Enter says that this node holds a user of a presence channel from now on. It
// is answered by Admitted or, if there are limit (0: none) others, by Refused;
// then the node holds the user no more.
func (c *Cell) Enter(now time.Duration, key contract.StateKey, user string, info []byte, limit uint32) {
	c.now = now
	o := c.obtain(Ref{key, user})
	o.want.Present, o.want.Info, o.want.Limit = true, info, limit
	o.waiting = true
	switch {
	case o.shown:
		c.admit(o)
	case c.self == "" || c.silent:
		c.decide(o)
	default:
		c.due.add(o, now+c.opts.Verdict)
	}
	if o.want.Present {
		c.revise(o)
	}
}

// Exit says that this node holds a user no more.
func (c *Cell) Exit(now time.Duration, key contract.StateKey, user string) {
	c.now = now
	o := c.own[Ref{key, user}]
	if o == nil {
		return
	}
	o.want.Present, o.waiting, o.deadline = false, false, 0
	switch {
	case !o.shown:
	case c.self == "" || c.silent:
		c.decide(o)
	default:
		c.due.add(o, now+c.opts.Verdict)
	}
	c.revise(o)
}

// Count sets the number of this node. It takes effect here at once.
func (c *Cell) Count(now time.Duration, key contract.StateKey, n uint32) {
	c.now = now
	o := c.obtain(Ref{Key: key})
	o.want.Count = n
	c.showCount(o)
	c.revise(o)
}

func (c *Cell) showCount(o *own) {
	e := c.view.entry(o.Key)
	changed := e.own != o.want.Count
	e.own = o.want.Count
	if changed {
		c.emit(Effect{Kind: Totalled, Key: o.Key, Total: e.others + e.own})
	}
	c.view.tidy(o.Key, e)
}

// admit answers an Enter: the user is shown.
func (c *Cell) admit(o *own) {
	o.deadline, o.want.Limit = 0, 0
	if !o.shown {
		o.shown = true
		c.showOwn(o, true)
	}
	if o.waiting {
		o.waiting = false
		c.emit(Effect{Kind: Admitted, Key: o.Key, User: o.User})
	}
}

// refuse answers an Enter: there is no room.
func (c *Cell) refuse(o *own) {
	o.deadline, o.waiting, o.want.Present = 0, false, false
	c.emit(Effect{Kind: Refused, Key: o.Key, User: o.User})
	c.revise(o)
}

func (c *Cell) hide(o *own) {
	o.deadline = 0
	if o.shown {
		o.shown = false
		c.showOwn(o, false)
	}
}

// decide settles what waits without the cell.
func (c *Cell) decide(o *own) {
	o.deadline = 0
	switch {
	case o.quota != nil:
		c.decideQuota(o)
	case o.waiting && c.fullWithout(o):
		c.refuse(o)
	case o.waiting:
		c.admit(o)
	case !o.want.Present:
		c.hide(o)
		c.forget(o)
	}
}

// fullWithout reports whether, as far as is known here, a user does not fit.
func (c *Cell) fullWithout(o *own) bool {
	if o.want.Limit == 0 || c.Users(o.Key) < int(o.want.Limit) {
		return false
	}
	shown, _ := c.view.shownAs(o.Key, o.User)
	return !shown
}

// heard is called when the view learned that this session holds a user, or no more.
func (c *Cell) heard(ref Ref, held bool) {
	o := c.own[ref]
	switch {
	case o == nil && held:
		o = c.obtain(ref)
		o.sure = false
		c.revise(o)
	case o == nil || ref.Key == markers:
	case held && o.want.Present:
		c.admit(o)
	case !held && !o.want.Present:
		c.hide(o)
		c.forget(o)
	}
}

// compareOwn holds what this node wants against a view that was just read.
func (c *Cell) compareOwn() {
	held := map[Ref]value{}
	c.view.each(func(key contract.StateKey, e *entry) {
		if i := e.counts.find(c.self); i >= 0 {
			held[Ref{Key: key}] = value{count: e.counts[i].n}
		}
		for user, s := range e.seats {
			if i := s.holds.find(c.self); i >= 0 {
				held[Ref{key, user}] = value{present: true}
			}
		}
	})
	for _, o := range c.all() {
		has := held[o.Ref]
		delete(held, o.Ref)
		if has != o.acked { // whatever a change on its way, which may be refused, makes of it
			o.sure = false
		}
		if o.Key.Kind == contract.StatePresence {
			c.heard(o.Ref, has.present)
		}
		c.revise(o)
	}
	var more []Ref
	for ref := range held {
		more = append(more, ref)
	}
	slices.SortFunc(more, func(a, b Ref) int { return cmp.Or(compareKeys(a.Key, b.Key), cmp.Compare(a.User, b.User)) })
	for _, ref := range more {
		o := c.obtain(ref)
		o.sure = false
		c.revise(o)
	}
}

// forget drops a value that is nothing, here and in the cell.
func (c *Cell) forget(o *own) {
	if !o.queued && !o.flying && !o.shown && !o.waiting && o.sure && o.acked == (value{}) && o.wanted() == (value{}) {
		delete(c.own, o.Ref)
	}
}
