package replica

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// phase is how a cell follows the sequence.
type phase uint8

const (
	away    phase = iota // there is no session
	live                 // changes come one after the other
	reading              // the log is read, from the view or from next on
	paging               // the pages are read
)

// syncer is how a cell comes to hear of all changes.
type syncer struct {
	phase  phase
	busy   bool // a Page or Read is under way
	again  bool // something was lost since the Read began
	from   time.Duration
	next   *view // what the pages say; nil: the view itself goes on
	cursor string
	buffer []contract.StateChange // told meanwhile

	lagAt time.Duration // when the view should have come to lag, 0: never
	lag   contract.Position
}

const (
	maxBuffer = 10_000 // changes; what is above is read from the log
	lagTime   = 200 * time.Millisecond
)

func (s *syncer) keep(ch contract.StateChange) {
	if len(s.buffer) < maxBuffer {
		s.buffer = append(s.buffer, ch)
		return
	}
	s.again = true
}

// Lost says that changes may have been missed.
func (c *Cell) Lost(now time.Duration) {
	c.now = now
	if c.sync.phase == live {
		c.catchUp(c.view.at.Epoch)
		return
	}
	c.sync.again = true
}

// Stands says where the cell stood a moment ago.
func (c *Cell) Stands(now time.Duration, at contract.Position) {
	c.now = now
	if c.sync.phase == live && c.view.at.Before(at) && (c.sync.lagAt == 0 || c.sync.lag.Before(at)) {
		c.sync.lag, c.sync.lagAt = at, now+lagTime
	}
}

// checkLag reads the log if the news of a change did not come in time.
func (c *Cell) checkLag() {
	if c.sync.lagAt == 0 || c.now < c.sync.lagAt {
		return
	}
	c.sync.lagAt = 0
	if c.sync.phase == live && c.view.at.Before(c.sync.lag) {
		c.catchUp(c.sync.lag.Epoch)
	}
}

// catchUp reads what is missing: the log, or all if another epoch has begun.
func (c *Cell) catchUp(epoch uint64) {
	if epoch != c.view.at.Epoch {
		c.readAll()
		return
	}
	c.sync.phase, c.sync.from = reading, c.now
}

// readAll begins to read the pages. What is under way says nothing any more.
func (c *Cell) readAll() {
	c.reads++
	c.sync = syncer{phase: paging, from: c.now, buffer: c.sync.buffer}
}

// syncCommand is the next call that reads, if one is due.
func (c *Cell) syncCommand() (Command, bool) {
	s := &c.sync
	if s.busy || c.now < s.from || s.phase != reading && s.phase != paging {
		return Command{}, false
	}
	s.busy, s.again = true, false
	if s.phase == paging {
		return Command{Kind: Page, Serial: c.reads, Cursor: s.cursor}, true
	}
	return Command{Kind: Read, Serial: c.reads, After: c.source().at, Limit: c.opts.Read}, true
}

// source is the view to which the log is added.
func (c *Cell) source() *view {
	if c.sync.next != nil {
		return c.sync.next
	}
	return c.view
}

// Paged takes the result of a Page.
func (c *Cell) Paged(now time.Duration, serial uint64, page contract.CellPage, err error) {
	c.now = now
	s := &c.sync
	if serial != c.reads || s.phase != paging {
		return
	}
	s.busy = false
	switch {
	case errors.Is(err, contract.ErrNotFound), err == nil && s.next != nil && page.Position.Epoch != s.next.at.Epoch:
		c.readAll()
		return
	case err != nil:
		s.from = now + c.opts.Retry
		return
	}
	if s.next == nil {
		s.next = newView(c.opts.Node)
		s.next.at = page.Position
	}
	for _, h := range page.Holdings {
		s.next.put(h, amount(h), false)
	}
	if s.cursor = page.Next; s.cursor == "" {
		s.phase = reading
	}
}

// Read takes the result of a Read.
func (c *Cell) Read(now time.Duration, serial uint64, changes []contract.StateChange, err error) {
	c.now = now
	s := &c.sync
	if serial != c.reads || s.phase != reading {
		return
	}
	s.busy = false
	switch {
	case errors.Is(err, contract.ErrNotFound):
		c.readAll()
		return
	case err != nil:
		s.from = now + c.opts.Retry
		return
	}
	for _, ch := range changes {
		if ch.Position() != following(c.source().at) {
			c.readAll()
			return
		}
		if s.next == nil {
			c.advance(ch)
			continue
		}
		h, n := holding(&ch)
		s.next.put(h, n, false)
		s.next.at = ch.Position()
	}
	if len(changes) < c.opts.Read && !s.again {
		c.goLive()
	}
}

// goLive ends the reading and goes on with what was told meanwhile.
func (c *Cell) goLive() {
	next, buffer := c.sync.next, c.sync.buffer
	c.sync = syncer{phase: live}
	if next != nil {
		c.install(next)
	}
	for _, ch := range buffer {
		c.Change(c.now, ch)
	}
}

// install makes a view that was read the present one and tells the differences.
func (c *Cell) install(next *view) {
	old := c.view
	over := old.at.Epoch != 0 && old.at.Epoch != next.at.Epoch
	if over {
		c.staleAt = c.now + c.opts.Settle
	}
	if c.staleAt != 0 {
		c.inherit(old, next, over)
	}
	c.carry(old, next)
	c.view = next
	c.tellDifferences(old)
	if over {
		c.prior = prior{old, next.at.Epoch, c.now}
		if c.lead.leads {
			if c.lead.herald.at != old.at {
				c.emit(Effect{Kind: Missed})
			}
			c.lead.herald.turn(old, next.at.Epoch, c.now, c.opts.Settle)
		}
	}
	c.compareOwn()
	c.mark()
	c.elect()
}

// carry takes over what is shown for the sake of this node.
func (c *Cell) carry(from, to *view) {
	from.each(func(key contract.StateKey, e *entry) {
		if e.own > 0 {
			to.entry(key).own = e.own
		}
		for user, s := range e.seats {
			if s.own {
				to.setOwn(key, user, s.info, true)
			}
		}
	})
}

// tellDifferences tells how the view differs from an older one: first who is
// gone, then who came.
func (c *Cell) tellDifferences(old *view) {
	var gone, came []Effect
	compare := func(key contract.StateKey, user string) {
		was, before := old.shownAs(key, user)
		is, after := c.view.shownAs(key, user)
		kept := len(*c.effects)
		c.tellSeat(key, user, was, before, is, after)
		for _, e := range (*c.effects)[kept:] {
			if e.Kind == Hidden {
				gone = append(gone, e)
			} else {
				came = append(came, e)
			}
		}
		*c.effects = (*c.effects)[:kept]
	}
	old.each(func(key contract.StateKey, e *entry) {
		for user := range e.seats {
			compare(key, user)
		}
		if key.Kind == contract.StateCount && c.view.total(key) != old.total(key) {
			came = append(came, Effect{Kind: Totalled, Key: key, Total: c.view.total(key)})
		}
	})
	c.view.each(func(key contract.StateKey, e *entry) {
		before := old.find(key)
		for user := range e.seats {
			if before == nil || before.seats[user] == nil {
				compare(key, user)
			}
		}
		if key.Kind == contract.StateCount && before == nil && c.view.total(key) > 0 {
			came = append(came, Effect{Kind: Totalled, Key: key, Total: c.view.total(key)})
		}
	})
	for _, all := range [][]Effect{gone, came} {
		slices.SortFunc(all, compareEffects)
		*c.effects = append(*c.effects, all...)
	}
}

func compareEffects(a, b Effect) int {
	return cmp.Or(compareKeys(a.Key, b.Key), cmp.Compare(a.User, b.User))
}

func compareKeys(a, b contract.StateKey) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.App, b.App), cmp.Compare(a.Name, b.Name))
}

func sortHoldings(all []contract.Holding) {
	slices.SortFunc(all, func(a, b contract.Holding) int {
		return cmp.Or(compareKeys(a.Key, b.Key), cmp.Compare(a.User, b.User), cmp.Compare(a.Incarnation, b.Incarnation))
	})
}
