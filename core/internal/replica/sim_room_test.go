package replica

import (
	"maps"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// simRoom is a presence channel on a node, as its hub keeps it.
type simRoom struct {
	users   map[string]*simUser
	shown   []Member // as told by effects
	watched bool
}

type simUser struct {
	waiting  []*simClient
	joined   []*simClient
	admitted bool
	held     bool
}

// simClient is a client with the list that it builds from what it hears.
type simClient struct {
	user string
	list map[string]string
}

func (n *simNode) cellOf(key contract.StateKey) *Cell {
	sum := uint32(0)
	for _, b := range []byte(key.App + key.Name) {
		sum = sum*31 + uint32(b)
	}
	return n.node.Cell(sum % simCells)
}

func (n *simNode) room(key contract.StateKey) *simRoom {
	r := n.rooms[key]
	if r == nil {
		r = &simRoom{users: map[string]*simUser{}}
		n.rooms[key] = r
	}
	return r
}

// join lets a client of a user into a presence channel, as soon as it may.
func (n *simNode) join(key contract.StateKey, user string, limit uint32) {
	r := n.room(key)
	if !r.watched {
		r.watched = true
		r.shown = n.cellOf(key).Members(key)
	}
	u := r.users[user]
	if u == nil {
		u = &simUser{}
		r.users[user] = u
	}
	c := &simClient{user: user}
	if u.admitted {
		r.begin(u, c)
		return
	}
	u.waiting = append(u.waiting, c)
	if !u.held {
		u.held = true
		n.cellOf(key).Enter(n.w.now, key, user, []byte("info of "+user+" on "+n.id), limit)
		n.collect()
	}
}

// begin gives a client its snapshot.
func (r *simRoom) begin(u *simUser, c *simClient) {
	c.list = map[string]string{}
	for _, m := range r.shown {
		c.list[m.User] = string(m.Info)
	}
	u.joined = append(u.joined, c)
}

// leave takes one client of a user out.
func (n *simNode) leave(key contract.StateKey, user string) {
	r := n.room(key)
	u := r.users[user]
	if u == nil {
		return
	}
	if len(u.waiting) > 0 {
		u.waiting = u.waiting[1:]
	} else {
		u.joined = u.joined[1:]
	}
	if len(u.waiting)+len(u.joined) > 0 {
		return
	}
	delete(r.users, user)
	n.cellOf(key).Exit(n.w.now, key, user)
	n.collect()
	if len(r.users) == 0 {
		r.watched, r.shown = false, nil
	}
}

// effect does what the hub does with an effect.
func (n *simNode) effect(e Effect) {
	switch {
	case e.Kind == Announced:
		n.told = append(n.told, e.Announcement)
	case e.Kind == Missed:
		n.w.note("%s missed some of the log", n.id)
		n.w.missed = true
	case e.Key == markers:
	case e.Kind == Totalled:
		n.numbers[e.Key] = e.Total
	case e.Ticket != nil:
		if !n.tickets[e.Ticket] {
			n.w.fail("%s: ticket %v was answered twice", n.id, e.Ticket)
		}
		delete(n.tickets, e.Ticket)
		n.w.note("%s: ticket %v is answered %d", n.id, e.Ticket, e.Kind)
		if _, _, open := n.node.Session(); open && e.Kind == Admitted {
			n.admitted++ // without a session a node decides by itself
		}
	default:
		n.roomEffect(e)
	}
}

func (n *simNode) roomEffect(e Effect) {
	r := n.room(e.Key)
	if !r.watched {
		return
	}
	n.w.note("%s is told %d %s %s", n.id, e.Kind, e.Key.Name, e.User)
	u := r.users[e.User]
	switch e.Kind {
	case Shown:
		if i := slices.IndexFunc(r.shown, func(m Member) bool { return m.User == e.User }); i >= 0 {
			n.w.fail("%s: %s is shown in %s a second time", n.id, e.User, e.Key.Name)
		}
		r.shown = append(r.shown, Member{e.User, e.Info})
		r.each(func(c *simClient) { c.list[e.User] = string(e.Info) })
	case Hidden:
		i := slices.IndexFunc(r.shown, func(m Member) bool { return m.User == e.User })
		if i < 0 {
			n.w.fail("%s: %s is hidden in %s without having been shown", n.id, e.User, e.Key.Name)
		}
		r.shown = slices.Delete(r.shown, i, i+1)
		r.each(func(c *simClient) { delete(c.list, e.User) })
	case Admitted:
		if u != nil && !u.admitted {
			u.admitted = true
			waiting := u.waiting
			u.waiting = nil
			for _, c := range waiting {
				r.begin(u, c)
			}
		}
	case Refused:
		if u != nil && !u.admitted {
			delete(r.users, e.User)
			if len(r.users) == 0 {
				r.watched, r.shown = false, nil
			}
		}
	}
}

func (r *simRoom) each(f func(*simClient)) {
	for _, u := range r.users {
		for _, c := range u.joined {
			f(c)
		}
	}
}

// check holds what must be so at any time; comparing whole views takes long.
func (w *world) check(views bool) {
	for _, n := range w.nodes {
		if n.dead {
			continue
		}
		for key, r := range n.rooms {
			if r.watched {
				w.checkRoom(n, key, r)
			}
		}
		for key, total := range n.numbers {
			if now := n.cellOf(key).Total(key); now != total {
				w.fail("%s: told %d of %s, and the view has %d", n.id, total, key.Name, now)
			}
		}
	}
	if views {
		w.checkViews()
	}
	if w.calm {
		w.checkQuota()
	}
}

// checkRoom: each client's own list is its node's view.
func (w *world) checkRoom(n *simNode, key contract.StateKey, r *simRoom) {
	view := map[string]string{}
	for _, m := range n.cellOf(key).Members(key) {
		view[m.User] = string(m.Info)
	}
	if got := n.cellOf(key).Users(key); got != len(view) {
		w.fail("%s: %s has %d members and counts %d", n.id, key.Name, len(view), got)
	}
	r.each(func(c *simClient) {
		if !maps.Equal(c.list, view) {
			w.fail("%s: a client of %s in %s has %v, its node %v", n.id, c.user, key.Name, c.list, view)
		}
		if _, ok := c.list[c.user]; !ok {
			w.fail("%s: the list of a client of %s in %s lacks its own user: %v", n.id, c.user, key.Name, c.list)
		}
	})
}

// place is a place in the sequence of a cell.
type place struct {
	cell uint32
	at   contract.Position
}

// checkViews: views at the same place of the sequence are the same.
func (w *world) checkViews() {
	seen := map[place]map[holdKey]uint32{}
	for _, n := range w.nodes {
		for i := range uint32(simCells) {
			c := n.node.Cell(i)
			at, ok := c.At()
			if n.dead || !ok {
				continue
			}
			if c.staleAt != 0 {
				c.checkStale(w)
				continue
			}
			held, where := c.view.held(), place{i, at}
			if other, ok := seen[where]; ok && !maps.Equal(held, other) {
				w.fail("at %v of cell %d %s has %v, another %v", at, i, n.id, held, other)
			}
			seen[where] = held
		}
	}
}

// checkStale: who has told everything in this epoch has no old holdings.
func (c *Cell) checkStale(w *world) {
	told := map[string]bool{}
	for _, incarnation := range c.Nodes() {
		told[NodeOf(incarnation)] = true
	}
	c.view.each(func(key contract.StateKey, e *entry) {
		for user, s := range e.seats {
			for _, h := range s.holds {
				if h.stale && told[NodeOf(h.incarnation)] {
					w.fail("%s of %s is stale in cell %d", user, h.incarnation, c.number)
				}
			}
		}
	})
}

// held is all that a view knows to be held.
func (v *view) held() map[holdKey]uint32 {
	all := map[holdKey]uint32{}
	v.each(func(key contract.StateKey, e *entry) {
		for _, h := range e.counts {
			all[holdKey{key, "", h.incarnation}] = h.n
		}
		for user, s := range e.seats {
			for _, h := range s.holds {
				all[holdKey{key, user, h.incarnation}] = h.n
			}
		}
	})
	return all
}

type holdKey struct {
	key               contract.StateKey
	user, incarnation string
}

// checkQuota: no more are admitted than there are places.
func (w *world) checkQuota() {
	admitted := 0
	for _, n := range w.nodes {
		admitted += n.admitted
	}
	if admitted > simQuota {
		w.fail("%d were admitted to %d places", admitted, simQuota)
	}
}
