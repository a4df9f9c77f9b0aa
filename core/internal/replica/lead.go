package replica

import (
	"errors"
	"hash/fnv"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// leads is the info of the markers of nodes that want to lead.
var leads = []byte("leads")

const (
	maxOut    = 1000                   // announcements that are not handed over yet
	tellEvery = 500 * time.Millisecond // how often the cursor is moved
	leadRetry = time.Second
)

// leader is what a cell has to do with telling back ends of apps.
type leader struct {
	wanted  bool // this node is the one that is to lead
	leads   bool
	unsure  bool // it may lead for the others: it leads once more, and resigns
	busy    bool // a Lead, Recall or Advance is under way
	tryAt   time.Duration
	term    uint64 // numbers the times of leading
	herald  *herald
	asked   time.Duration // when the last Recall was begun
	out     int           // announcements that are not handed over
	handed  contract.Position
	stored  contract.Position
	storeAt time.Duration
}

// prior is what the cell held when an epoch ended.
type prior struct {
	view  *view
	epoch uint64 // that followed
	at    time.Duration
}

// elect decides whether this node is to lead the cell: one of those who want to,
// by a hash, so that all nodes think of the same and cells are spread evenly.
func (c *Cell) elect() {
	c.lead.wanted = false
	e := c.view.find(markers)
	if e == nil || c.self == "" {
		return
	}
	best, winner := uint64(0), ""
	for user, s := range e.seats {
		incarnation, epoch := splitMarker(user)
		if epoch != c.view.at.Epoch || len(s.holds) == 0 || string(s.info) != string(leads) {
			continue
		}
		h := fnv.New64a()
		_, _ = h.Write([]byte{byte(c.number), byte(c.number >> 8)})
		_, _ = h.Write([]byte(incarnation))
		if sum := h.Sum64(); winner == "" || sum > best || sum == best && incarnation > winner {
			best, winner = sum, incarnation
		}
	}
	c.lead.wanted = winner == c.self
}

// dethrone ends the leading.
func (c *Cell) dethrone() {
	c.lead = leader{wanted: c.lead.wanted, term: c.lead.term + 1, tryAt: c.now + leadRetry}
}

// leadCommand is the next call about leading, if one is due.
func (c *Cell) leadCommand() (Command, bool) {
	l := &c.lead
	if l.busy || c.sync.phase != live || !l.leads && (!l.wanted && !l.unsure || c.now < l.tryAt) {
		return Command{}, false
	}
	cmd := Command{Serial: l.term}
	if l.out == 0 && l.leads {
		l.handed = l.herald.cursor()
	}
	switch {
	case !l.leads:
		cmd.Kind = Lead
	case l.out == 0 && !l.wanted:
		cmd.Kind, cmd.After, cmd.Resign = Advance, l.handed, true
	case l.stored.Before(l.handed) && c.now >= l.storeAt:
		cmd.Kind, cmd.After = Advance, l.handed
	case l.out < maxOut && (l.herald.at.Before(c.view.at) || l.leaveIsDue(c.now)):
		cmd.Kind, cmd.After, cmd.Limit = Recall, l.herald.at, c.opts.Read
		l.asked = c.now
	default:
		return Command{}, false
	}
	l.busy = true
	return cmd, true
}

// leaveIsDue reports whether a leave is to be announced, unless the log, which is
// read once more before, has a return: who is cut off may not know of it.
func (l *leader) leaveIsDue(now time.Duration) bool {
	due := l.herald.due()
	return due != 0 && due <= now
}

// leadDue is when there is something to do that waits for its time, 0: never.
func (c *Cell) leadDue() time.Duration {
	l := &c.lead
	switch {
	case l.busy || c.sync.phase != live:
		return 0
	case !l.leads && (l.wanted || l.unsure):
		return max(l.tryAt, 1)
	case !l.leads:
		return 0
	}
	at := time.Duration(0)
	if l.out < maxOut {
		at = l.herald.due()
	}
	if l.stored.Before(l.handed) && (at == 0 || l.storeAt < at) {
		at = max(l.storeAt, 1)
	}
	return at
}

// Led takes the result of a Lead.
func (c *Cell) Led(now time.Duration, term uint64, cursor contract.Position, err error) {
	c.now = now
	l := &c.lead
	if term != l.term {
		return
	}
	l.busy, l.unsure = false, !errors.Is(err, contract.ErrConflict)
	if err != nil || c.sync.phase != live {
		l.tryAt = now + leadRetry
		return
	}
	l.leads, l.unsure, l.stored, l.handed = true, false, cursor, cursor
	at := c.view.at
	begins := cursor.Epoch != at.Epoch || cursor.Seq == 0 // nothing of the epoch is settled
	switch {
	case begins && c.prior.view != nil && c.prior.epoch == at.Epoch:
		l.herald = newHerald(c.number, cursor)
		l.herald.turn(c.prior.view, at.Epoch, c.prior.at, c.opts.Settle)
	case begins:
		l.herald = newHerald(c.number, contract.Position{Epoch: at.Epoch})
		if cursor.Epoch != 0 && cursor.Epoch != at.Epoch {
			c.emit(Effect{Kind: Missed})
		}
	default:
		l.herald = newHerald(c.number, cursor)
	}
}

// Recalled takes the result of a Recall.
func (c *Cell) Recalled(now time.Duration, term uint64, changes []contract.StateChange, err error) {
	c.now = now
	l := &c.lead
	if term != l.term {
		return
	}
	l.busy = false
	switch {
	case errors.Is(err, contract.ErrNotFound):
		c.emit(Effect{Kind: Missed})
		l.herald = newHerald(c.number, c.view.at)
	case err != nil:
		c.dethrone()
		l.unsure = true
	}
	for i := range changes {
		if changes[i].Position() == following(l.herald.at) {
			l.herald.take(&changes[i], now)
		}
	}
	if err == nil && len(changes) < c.opts.Read {
		l.herald.fire(l.asked, c.view) // no return stands in the log
	}
	c.sayAll()
}

// Advanced takes the result of an Advance.
func (c *Cell) Advanced(now time.Duration, term uint64, to contract.Position, resign bool, err error) {
	c.now = now
	l := &c.lead
	if term != l.term {
		return
	}
	l.busy = false
	switch {
	case err != nil && !errors.Is(err, contract.ErrConflict):
		l.storeAt = now + leadRetry
	case err != nil || resign:
		c.dethrone()
	default:
		l.stored, l.storeAt = to, now+tellEvery
	}
}

// HandedOver says that the first n announcements that are not handed over yet
// now are; the last of them had this cursor.
func (c *Cell) HandedOver(now time.Duration, term uint64, n int, cursor contract.Position) {
	c.now = now
	if l := &c.lead; term == l.term {
		l.out -= n
		l.handed = cursor
	}
}

// proclaim has the herald hear a change that came, if it heard all before.
func (c *Cell) proclaim(before contract.Position, ch *contract.StateChange) {
	if l := &c.lead; l.leads && l.herald.at == before && l.out < maxOut {
		l.herald.take(ch, c.now)
		c.sayAll()
	}
}

// sayAll makes effects of what the herald has to announce.
func (c *Cell) sayAll() {
	l := &c.lead
	if l.herald == nil {
		return
	}
	for _, a := range l.herald.takeOut() {
		a.Cell, a.Term = c.number, l.term
		c.emit(Effect{Kind: Announced, Announcement: &a})
		l.out++
	}
}
