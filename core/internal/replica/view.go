package replica

import (
	"bytes"
	"slices"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// view is all that is held in a cell, as its changes tell.
type view struct {
	at   contract.Position
	node string // this node
	apps map[string]*tenant
}

// tenant is the entries of one app, by kind and name.
type tenant struct {
	presence map[string]*entry
	counts   map[string]*entry
}

func (t *tenant) of(kind contract.StateKind) map[string]*entry {
	if kind == contract.StatePresence {
		return t.presence
	}
	return t.counts
}

// entry is one key.
type entry struct {
	seats  map[string]*seat // StatePresence
	came   uint64           // numbers the seats
	shown  int              // seats that are shown
	counts holds            // StateCount
	others uint32           // sum of counts of other nodes
	own    uint32           // number of this node, now
}

// seat is a user of a presence channel.
type seat struct {
	info  []byte // of the first holder
	place uint64
	holds holds
	own   bool // shown for the sake of this node
}

// hold is what one incarnation holds: a user (n is 1), or a number.
type hold struct {
	incarnation string
	n           uint32
	stale       bool // of an epoch that is over, not yet told again
}

type holds []hold

func (h holds) find(incarnation string) int {
	return slices.IndexFunc(h, func(o hold) bool { return o.incarnation == incarnation })
}

// set replaces what an incarnation holds; 0 lets go.
func (h *holds) set(incarnation string, n uint32, stale bool) {
	i := h.find(incarnation)
	switch {
	case i < 0 && n > 0:
		*h = append(*h, hold{incarnation, n, stale})
	case i >= 0 && n == 0:
		*h = slices.Delete(*h, i, i+1)
	case i >= 0:
		(*h)[i] = hold{incarnation, n, stale}
	}
}

// sum is what nodes but one hold together.
func (h holds) sum(but string) (total uint32) {
	for _, o := range h {
		if NodeOf(o.incarnation) != but {
			total += o.n
		}
	}
	return total
}

// NodeOf is the node of an incarnation, which is the node's id, an @ and
// something that differs.
func NodeOf(incarnation string) string {
	if i := strings.LastIndexByte(incarnation, '@'); i >= 0 {
		return incarnation[:i]
	}
	return incarnation
}

func newView(node string) *view { return &view{node: node, apps: map[string]*tenant{}} }

// find returns the entry of a key, nil if there is none.
func (v *view) find(key contract.StateKey) *entry {
	if t := v.apps[key.App]; t != nil {
		return t.of(key.Kind)[key.Name]
	}
	return nil
}

// entry returns the entry of a key, made if need be.
func (v *view) entry(key contract.StateKey) *entry {
	t := v.apps[key.App]
	if t == nil {
		t = &tenant{map[string]*entry{}, map[string]*entry{}}
		v.apps[key.App] = t
	}
	e := t.of(key.Kind)[key.Name]
	if e == nil {
		e = &entry{seats: map[string]*seat{}}
		t.of(key.Kind)[key.Name] = e
	}
	return e
}

// tidy forgets an entry of which there is nothing to remember.
func (v *view) tidy(key contract.StateKey, e *entry) {
	if len(e.seats) > 0 || len(e.counts) > 0 || e.own > 0 {
		return
	}
	t := v.apps[key.App]
	delete(t.of(key.Kind), key.Name)
	if len(t.presence)+len(t.counts) == 0 {
		delete(v.apps, key.App)
	}
}

// each calls f for every entry.
func (v *view) each(f func(contract.StateKey, *entry)) {
	for app, t := range v.apps {
		for name, e := range t.presence {
			f(contract.StateKey{Kind: contract.StatePresence, App: app, Name: name}, e)
		}
		for name, e := range t.counts {
			f(contract.StateKey{Kind: contract.StateCount, App: app, Name: name}, e)
		}
	}
}

// seat returns the seat of a user, made if need be.
func (e *entry) seat(user string) *seat {
	s := e.seats[user]
	if s == nil {
		e.came++
		s = &seat{place: e.came}
		e.seats[user] = s
	}
	return s
}

// shows reports whether a seat is shown on a node.
func (s *seat) shows(node string) bool { return s != nil && (s.own || s.holds.sum(node) > 0) }

// put writes what an incarnation holds into the view, without telling anybody.
func (v *view) put(h contract.Holding, n uint32, stale bool) {
	e := v.entry(h.Key)
	if h.Key.Kind == contract.StateCount {
		e.counts.set(h.Incarnation, n, stale)
		e.others = e.counts.sum(v.node)
		v.tidy(h.Key, e)
		return
	}
	s := e.seat(h.User)
	was := s.shows(v.node)
	s.holds.set(h.Incarnation, n, stale)
	if n > 0 && !stale && h.Info != nil && !bytes.Equal(s.info, h.Info) {
		s.info = h.Info
	}
	e.settle(h.User, s, was, v.node)
	v.tidy(h.Key, e)
}

// settle keeps the number of seats that are shown, and forgets an empty seat.
func (e *entry) settle(user string, s *seat, was bool, node string) {
	is := s.shows(node)
	switch {
	case is && !was:
		e.shown++
	case was && !is:
		e.shown--
	}
	if len(s.holds) == 0 && !s.own {
		delete(e.seats, user)
	}
}

// setOwn shows a user for the sake of this node, or no more.
func (v *view) setOwn(key contract.StateKey, user string, info []byte, own bool) {
	e := v.entry(key)
	s := e.seat(user)
	was := s.shows(v.node)
	if s.own = own; own && len(s.holds) == 0 {
		s.info = info
	}
	e.settle(user, s, was, v.node)
	v.tidy(key, e)
}

// holding is a change as what its incarnation holds afterwards.
func holding(c *contract.StateChange) (contract.Holding, uint32) {
	h := contract.Holding{Key: c.Change.Key, User: c.Change.User, Info: c.Change.Info, Incarnation: c.Incarnation}
	if c.Change.Key.Kind == contract.StateCount {
		return h, c.Change.Count
	}
	if c.Change.Present {
		return h, 1
	}
	return h, 0
}

// amount is what a holding of a page counts.
func amount(h contract.Holding) uint32 {
	if h.Key.Kind == contract.StatePresence {
		return 1
	}
	return h.Count
}
