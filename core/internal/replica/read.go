package replica

import (
	"cmp"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// total is the number of a key: that of this node now, and what the others hold.
func (v *view) total(key contract.StateKey) uint32 {
	if e := v.find(key); e != nil {
		return e.others + e.own
	}
	return 0
}

// shownAs reports whether a user is shown, and with which info.
func (v *view) shownAs(key contract.StateKey, user string) (bool, []byte) {
	e := v.find(key)
	if e == nil {
		return false, nil
	}
	s := e.seats[user]
	if !s.shows(v.node) {
		return false, nil
	}
	return true, s.info
}

// Members returns who is shown in a presence channel, as they came.
func (c *Cell) Members(key contract.StateKey) []Member {
	e := c.view.find(key)
	if e == nil {
		return nil
	}
	type placed struct {
		Member
		place uint64
	}
	all := make([]placed, 0, len(e.seats))
	for user, s := range e.seats {
		if s.shows(c.opts.Node) {
			all = append(all, placed{Member{user, s.info}, s.place})
		}
	}
	slices.SortFunc(all, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	members := make([]Member, len(all))
	for i := range all {
		members[i] = all[i].Member
	}
	return members
}

// Total returns the number of a key.
func (c *Cell) Total(key contract.StateKey) uint32 { return c.view.total(key) }

// Users returns how many are shown in a presence channel.
func (c *Cell) Users(key contract.StateKey) int {
	if e := c.view.find(key); e != nil {
		return e.shown
	}
	return 0
}

// Numbers calls f with the name and number of every key of an app that is counted.
func (c *Cell) Numbers(app string, f func(name string, total uint32)) {
	t := c.view.apps[app]
	if t == nil {
		return
	}
	for name, e := range t.counts {
		if total := e.others + e.own; total > 0 {
			f(name, total)
		}
	}
}

// Nodes returns the incarnations that have told this cell all they hold.
func (c *Cell) Nodes() []string {
	e := c.view.find(markers)
	if e == nil {
		return nil
	}
	var all []string
	for user, s := range e.seats {
		if incarnation, epoch := splitMarker(user); epoch == c.view.at.Epoch && len(s.holds) > 0 {
			all = append(all, incarnation)
		}
	}
	slices.Sort(all)
	return all
}
