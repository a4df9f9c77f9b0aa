package replica

import (
	"strconv"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

func markerOf(incarnation string, epoch uint64) string {
	return incarnation + "/" + strconv.FormatUint(epoch, 10)
}

// splitMarker reads what markerOf wrote; a user who is none has epoch 0.
func splitMarker(user string) (incarnation string, epoch uint64) {
	i := strings.LastIndexByte(user, '/')
	if i < 0 {
		return user, 0
	}
	epoch, _ = strconv.ParseUint(user[i+1:], 10, 64)
	return user[:i], epoch
}

// mark has the others told that this node has told everything; called when the
// whole cell is known. The marker follows everything else.
func (c *Cell) mark() {
	want := Ref{markers, markerOf(c.self, c.view.at.Epoch)}
	for _, o := range c.all() {
		if o.Key == markers && o.Ref != want && o.want.Present {
			o.want.Present = false
			c.revise(o)
		}
	}
	o := c.obtain(want)
	o.want.Present = true
	if c.opts.Leads {
		o.want.Info = leads
	}
	c.revise(o)
}

// Marked reports whether the marker of this session stands in the cell.
func (c *Cell) Marked() bool {
	if c.sync.phase != live {
		return false
	}
	e := c.view.find(markers)
	return e != nil && e.seats[markerOf(c.self, c.view.at.Epoch)] != nil
}

// marked is called when a marker came into the view: what its node held in an
// earlier epoch and did not tell again is gone.
func (c *Cell) marked(user string) {
	if incarnation, epoch := splitMarker(user); epoch == c.view.at.Epoch {
		c.dropStale(NodeOf(incarnation))
	}
}

// inherit keeps, as stale, what the nodes that have not told everything yet held
// in an older view: all of it if an epoch is over, what was stale already if not.
func (c *Cell) inherit(from, to *view, over bool) {
	told := map[string]bool{c.opts.Node: true}
	if e := to.find(markers); e != nil {
		for user, s := range e.seats {
			if incarnation, epoch := splitMarker(user); epoch == to.at.Epoch && len(s.holds) > 0 {
				told[NodeOf(incarnation)] = true
			}
		}
	}
	from.each(func(key contract.StateKey, e *entry) {
		if key == markers {
			return
		}
		for _, h := range e.counts {
			if over || h.stale {
				inheritOne(to, told, contract.Holding{Key: key, Incarnation: h.incarnation}, h.n)
			}
		}
		for user, s := range e.seats {
			for _, h := range s.holds {
				if over || h.stale {
					inheritOne(to, told, contract.Holding{Key: key, User: user, Info: s.info, Incarnation: h.incarnation}, 1)
				}
			}
		}
	})
}

func inheritOne(to *view, told map[string]bool, h contract.Holding, n uint32) {
	if told[NodeOf(h.Incarnation)] || to.holds(h) {
		return
	}
	if e := to.find(h.Key); h.Key.Kind == contract.StatePresence && (e == nil || e.seats[h.User] == nil) {
		to.entry(h.Key).seat(h.User).info = h.Info
	}
	to.put(h, n, true)
}

// holds reports whether the node of h holds anything of its key already.
func (v *view) holds(h contract.Holding) bool {
	e := v.find(h.Key)
	if e == nil {
		return false
	}
	held := e.counts
	if h.Key.Kind == contract.StatePresence {
		s := e.seats[h.User]
		if s == nil {
			return false
		}
		held = s.holds
	}
	for _, o := range held {
		if !o.stale && NodeOf(o.incarnation) == NodeOf(h.Incarnation) {
			return true
		}
	}
	return false
}

// dropStale lets go of what a node, or with "" any node, held in an earlier epoch.
func (c *Cell) dropStale(node string) {
	if c.staleAt == 0 {
		return
	}
	if node == "" {
		c.staleAt = 0
	}
	var gone []contract.Holding
	collect := func(key contract.StateKey, user string, held holds) {
		for _, h := range held {
			if h.stale && (node == "" || NodeOf(h.incarnation) == node) {
				gone = append(gone, contract.Holding{Key: key, User: user, Incarnation: h.incarnation})
			}
		}
	}
	c.view.each(func(key contract.StateKey, e *entry) {
		collect(key, "", e.counts)
		for user, s := range e.seats {
			collect(key, user, s.holds)
		}
	})
	sortHoldings(gone)
	for _, h := range gone {
		if h.Key.Kind == contract.StateCount {
			c.putCount(h, 0)
		} else {
			c.putSeat(h, 0)
		}
	}
}
