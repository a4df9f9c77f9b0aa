package replica

import (
	"strings"
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	// leaveDelay is that of the Pusher protocol: a channel or user that is back
	// within it was never gone.
	leaveDelay = 3 * time.Second
	// heraldDelay is how much longer a leave waits, for news that are on their way.
	heraldDelay = 500 * time.Millisecond
)

// herald turns the log of a cell into announcements. All but the moment at which
// it announces a leave follows from the log alone.
type herald struct {
	cell uint32
	at   contract.Position // heard up to here
	open map[fact]*leaving
	line []*leaving // in order of the log
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
}

func newHerald(cell uint32, at contract.Position) *herald {
	return &herald{cell: cell, at: at, open: map[fact]*leaving{}}
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

func (h *herald) delay(l *leaving) {
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
	}
}

func (h *herald) announce(a Announcement) {
	a.Cursor = h.cursor()
	h.out = append(h.out, a)
}

// fire announces the leaves that nobody has taken back in time.
func (h *herald) fire(now time.Duration) {
	for due := h.due(); due != 0 && due <= now; due = h.due() {
		l := h.first()
		l.over = true
		delete(h.open, l.fact)
		h.announce(l.Announcement)
	}
}

// first is the first leave that is open, by the log.
func (h *herald) first() *leaving {
	for len(h.line) > 0 && h.line[0].over {
		h.line = h.line[1:]
	}
	if len(h.line) == 0 {
		h.line = nil
		return nil
	}
	return h.line[0]
}

// due is when fire has something to do, 0: never.
func (h *herald) due() time.Duration {
	if l := h.first(); l != nil {
		return l.due
	}
	return 0
}

// cursor is where another leader may begin: before the first leave that is open.
func (h *herald) cursor() contract.Position {
	l := h.first()
	if l == nil {
		return h.at
	}
	return contract.Position{Epoch: l.at.Epoch, Seq: max(l.at.Seq, 1) - 1}
}

// turn begins a new epoch. What was there in the old one, as the log told, has
// gone unless it is told again within settle.
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
