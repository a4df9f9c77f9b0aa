package replica

import (
	"slices"
	"strings"
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	// leaveDelay is that of the Pusher protocol: a channel or user that is back
	// within it was never gone.
	leaveDelay = 3 * time.Second
	// heraldDelay is how much longer a leave waits, for changes that are on their way.
	heraldDelay = 500 * time.Millisecond
)

// herald turns the log of a cell into announcements. All but the moment at which
// it announces a leave follows from the log alone.
type herald struct {
	cell uint32
	at   contract.Position // heard up to here
	open map[fact]*leaving
	line []*leaving // in order of the log
	next int        // of line; those before are over
	safe contract.Position
	out  []Announcement
}

// leaving is a leave that a return may still take back.
type leaving struct {
	Announcement
	fact fact
	at   contract.Position
	due  time.Duration // on this node's clock
	lost bool          // it went with an epoch, not by the log
	over bool
	back contract.Position // of the return that took it back, if one did
}

func newHerald(cell uint32, at contract.Position) *herald {
	return &herald{cell: cell, at: at, safe: at, open: map[fact]*leaving{}}
}

// take hears the next change of the log.
func (h *herald) take(ch *contract.StateChange, now time.Duration) {
	h.at = ch.Position()
	key := ch.Change.Key
	base := Announcement{ID: idOf(h.cell, h.at), App: key.App, Channel: key.Name, User: ch.Change.User, Time: ch.Time}
	user, isUser := pusher.UserOfChannel(key.Name)
	switch {
	case key.App == "" || key.Name == "":
	case isUser:
		base.User = user
		h.transition(ch, base, SignedIn, SignedOut, now)
	case key.Name[0] == '#':
	case key.Kind == contract.StatePresence:
		h.transition(ch, base, MemberAdded, MemberRemoved, now)
	default:
		h.transition(ch, base, Occupied, Vacated, now)
		if !strings.HasPrefix(key.Name, "presence-") {
			base.Kind, base.Count = Subscribed, ch.Result.Total
			h.announce(base)
		}
	}
}

func (h *herald) transition(ch *contract.StateChange, a Announcement, came, went AnnouncementKind, now time.Duration) {
	f := fact{a.App, a.Channel, a.User}
	switch {
	case ch.Result.First:
		a.Kind = came
		h.came(f, a)
	case ch.Result.Last && went == SignedOut:
		a.Kind = went
		h.announce(a)
	case ch.Result.Last:
		a.Kind = went
		h.delay(&leaving{Announcement: a, fact: f, at: h.at, due: now + leaveDelay + heraldDelay})
	}
}

// delay has a leave wait. One by the log comes in place of one that was supposed.
func (h *herald) delay(l *leaving) {
	if supposed := h.open[l.fact]; supposed != nil {
		supposed.over = true
	}
	h.open[l.fact] = l
	h.line = append(h.line, l)
}

// came announces a, unless it takes back a leave.
func (h *herald) came(f fact, a Announcement) {
	l := h.open[f]
	if l == nil {
		h.announce(a)
		return
	}
	delete(h.open, f)
	l.over = true
	if !l.lost && a.Time.Sub(l.Time) >= leaveDelay {
		h.announce(l.Announcement)
		h.announce(a)
		return
	}
	l.back = h.at
}

func (h *herald) announce(a Announcement) { h.out = append(h.out, a) }

// takeOut returns what is to be announced. Whoever has handed over all of it may
// move the cursor to where it stands after the last one.
func (h *herald) takeOut() []Announcement {
	out := h.out
	h.out = nil
	for i := range out {
		out[i].Cursor = h.safe
	}
	if n := len(out); n > 0 {
		out[n-1].Cursor = h.cursor()
	}
	return out
}

// fire announces the leaves that nobody has taken back in time. What an epoch was
// supposed to have lost and v has was kept; that can be told once all that v knows
// was heard.
func (h *herald) fire(now time.Duration, v *view) {
	for due := h.due(); due != 0 && due <= now; due = h.due() {
		l := h.first()
		if l.lost && h.at.Before(v.at) {
			return
		}
		l.over = true
		delete(h.open, l.fact)
		if !l.lost || !v.has(l.fact, l.Kind) {
			h.announce(l.Announcement)
		}
	}
}

// has reports whether anybody holds what an announcement of this kind tells about.
func (v *view) has(f fact, kind AnnouncementKind) bool {
	key := contract.StateKey{Kind: contract.StateCount, App: f.app, Name: f.channel}
	if kind == MemberRemoved {
		key.Kind = contract.StatePresence
	}
	e := v.find(key)
	if e == nil {
		return false
	}
	held := e.counts
	if kind == MemberRemoved {
		s := e.seats[f.user]
		if s == nil {
			return false
		}
		held = s.holds
	}
	return slices.ContainsFunc(held, func(o hold) bool { return !o.stale })
}

// first is the first leave that is open, by the log.
func (h *herald) first() *leaving {
	for h.next < len(h.line) && h.line[h.next].over {
		h.next++
	}
	if h.next == len(h.line) {
		return nil
	}
	return h.line[h.next]
}

// due is when fire has something to do, 0: never.
func (h *herald) due() time.Duration {
	if l := h.first(); l != nil {
		return l.due
	}
	return 0
}

// cursor is where another leader may begin: before every leave that is open, and
// not between a leave and the return that took it back.
func (h *herald) cursor() contract.Position {
	c := h.at
	for i := len(h.line) - 1; i >= 0; i-- {
		l := h.line[i]
		straddled := c.Before(l.back) && !c.Before(l.at)
		if !l.over || straddled {
			c = contract.Position{Epoch: l.at.Epoch, Seq: max(l.at.Seq, 1) - 1}
		}
	}
	h.trim(c)
	h.safe = c
	return c
}

// trim forgets the leaves at the beginning that have nothing to do with what
// comes after the cursor.
func (h *herald) trim(cursor contract.Position) {
	n := 0
	for n < len(h.line) && h.line[n].over && !cursor.Before(h.line[n].back) {
		n++
	}
	if h.line, h.next = h.line[n:], max(h.next-n, 0); len(h.line) == 0 {
		h.line = nil
	}
}

// turn begins a new epoch. What was there in the old one, as the log told, has
// gone unless it is told again within settle, or the new epoch began with it.
func (h *herald) turn(old *view, epoch uint64, now, settle time.Duration) {
	h.at = contract.Position{Epoch: epoch}
	lost := func(f fact, a Announcement) {
		if h.open[f] != nil {
			return
		}
		a.ID, a.App, a.Channel, a.User = lostID(h.cell, epoch, f), f.app, f.channel, f.user
		h.delay(&leaving{Announcement: a, fact: f, at: h.at, due: now + settle + heraldDelay, lost: true})
	}
	old.each(func(key contract.StateKey, e *entry) {
		user, isUser := pusher.UserOfChannel(key.Name)
		switch {
		case key.App == "" || key.Name == "":
		case isUser && len(e.counts) > 0:
			lost(fact{key.App, key.Name, user}, Announcement{Kind: SignedOut})
		case key.Name[0] == '#':
		case key.Kind == contract.StateCount && len(e.counts) > 0:
			lost(fact{key.App, key.Name, ""}, Announcement{Kind: Vacated})
		default:
			for user, s := range e.seats {
				if len(s.holds) > 0 {
					lost(fact{key.App, key.Name, user}, Announcement{Kind: MemberRemoved})
				}
			}
		}
	})
}
