package replica

import (
	"bytes"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Options of a Cell.
type Options struct {
	// Node is this node's id, the part of its incarnations before the @.
	Node string
	// Verdict is how long a change of this node waits for its place in the
	// sequence before it takes effect here anyway.
	Verdict time.Duration
	// Settle is how long holdings that an epoch has lost stay shown.
	Settle time.Duration
	// Lazy is how long changes that nobody waits for are collected.
	Lazy time.Duration
	// Leads is whether this node may tell the back ends of apps.
	Leads bool
	// Read is how many changes of the log are asked for at a time.
	Read int
	// Retry is the wait before a call that failed is made again.
	Retry time.Duration
}

// Cell is one cell as this node sees it. The zero time is never: now must be
// above it.
type Cell struct {
	number uint32
	opts   *Options
	now    time.Duration

	self    string // the incarnation of the session; "" while there is none
	session uint64 // numbers the sessions
	silent  bool   // the last verdict did not come in time

	own     map[Ref]*own
	made    uint64 // numbers the own values
	due     dues
	queue   []*own        // to be told, in order
	lazyAt  time.Duration // when what is lazy is told
	flight  []parcel      // of the Apply that is under way
	version uint64        // of the last Apply
	retryAt time.Duration

	view    *view
	sync    syncer
	reads   uint64        // numbers the reasons for reading
	staleAt time.Duration // when stale holdings are given up, 0: there are none

	lead  leader
	prior prior // of the last epoch that ended

	effects *[]Effect // of all cells of the node
}

// newCell returns a cell of a node that has no session.
func newCell(number uint32, opts *Options, effects *[]Effect) *Cell {
	return &Cell{number: number, opts: opts, own: map[Ref]*own{}, view: newView(opts.Node), effects: effects}
}

func (c *Cell) emit(e Effect) { *c.effects = append(*c.effects, e) }

// At is the place up to which the cell has heard, and whether it is sure to have
// missed nothing that came before.
func (c *Cell) At() (contract.Position, bool) {
	return c.view.at, c.sync.phase == live
}

// Begin starts a session under a new incarnation: everything is told again, and
// the whole cell is read.
func (c *Cell) Begin(now time.Duration, incarnation string) {
	c.now = now
	c.self, c.silent, c.version, c.retryAt = incarnation, false, 0, 0
	c.session++
	c.land()
	c.dethrone()
	c.lead.tryAt = 0
	for _, o := range c.all() {
		o.acked, o.sure = value{}, true
		if o.Key == markers {
			o.want.Present = false
		}
		c.revise(o)
	}
	c.readAll()
}

// End says that the session is over. What waits is decided by this node alone.
func (c *Cell) End(now time.Duration) {
	c.now = now
	c.self = ""
	c.session++
	c.land()
	c.reads++
	c.sync = syncer{}
	c.dethrone()
	for _, o := range c.due.all() {
		c.decide(o)
	}
}

// Change takes a change of the sequence as it was told.
func (c *Cell) Change(now time.Duration, ch contract.StateChange) {
	c.now = now
	switch {
	case c.sync.phase == away:
	case c.sync.phase != live:
		c.sync.keep(ch)
	case !c.view.at.Before(ch.Position()):
	case ch.Position() == following(c.view.at):
		c.advance(ch)
	default:
		c.sync.keep(ch)
		c.catchUp(ch.Epoch)
	}
}

func following(p contract.Position) contract.Position {
	return contract.Position{Epoch: p.Epoch, Seq: p.Seq + 1}
}

// Tick does what is due.
func (c *Cell) Tick(now time.Duration) {
	c.now = now
	for o := c.due.pop(now); o != nil; o = c.due.pop(now) {
		c.silent = true
		c.decide(o)
	}
	if c.staleAt != 0 && now >= c.staleAt {
		c.dropStale("")
	}
	c.checkLag()
	c.proclaimLeaves()
}

// advance takes the change that follows into the view.
func (c *Cell) advance(ch contract.StateChange) {
	before := c.view.at
	c.view.at = ch.Position()
	defer c.proclaim(before, &ch)
	h, n := holding(&ch)
	if h.Key.Kind == contract.StateCount {
		c.putCount(h, n)
		return
	}
	c.putSeat(h, n)
	if h.Incarnation == c.self {
		c.heard(Ref{h.Key, h.User}, n > 0)
	}
	if h.Key == markers {
		if n > 0 {
			c.marked(h.User)
		}
		c.elect()
	}
}

func (c *Cell) putCount(h contract.Holding, n uint32) {
	before := c.view.total(h.Key)
	c.view.put(h, n, false)
	if after := c.view.total(h.Key); after != before {
		c.emit(Effect{Kind: Totalled, Key: h.Key, Total: after})
	}
}

func (c *Cell) putSeat(h contract.Holding, n uint32) {
	was, before := c.view.shownAs(h.Key, h.User)
	c.view.put(h, n, false)
	is, after := c.view.shownAs(h.Key, h.User)
	c.tellSeat(h.Key, h.User, was, before, is, after)
}

// tellSeat tells how a seat changed.
func (c *Cell) tellSeat(key contract.StateKey, user string, was bool, before []byte, is bool, after []byte) {
	if was && (!is || !bytes.Equal(before, after)) {
		c.emit(Effect{Kind: Hidden, Key: key, User: user})
		was = false
	}
	if is && !was {
		c.emit(Effect{Kind: Shown, Key: key, User: user, Info: after})
	}
}

// showOwn shows a user for the sake of this node, or no more.
func (c *Cell) showOwn(o *own, shown bool) {
	was, before := c.view.shownAs(o.Key, o.User)
	c.view.setOwn(o.Key, o.User, o.want.Info, shown)
	is, after := c.view.shownAs(o.Key, o.User)
	c.tellSeat(o.Key, o.User, was, before, is, after)
}

// Due returns when Tick has something to do, 0 if never.
func (c *Cell) Due() time.Duration {
	first := c.due.first()
	for _, at := range []time.Duration{c.staleAt, c.sync.lagAt, c.commandDue(), c.leadDue()} {
		if at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	return first
}
