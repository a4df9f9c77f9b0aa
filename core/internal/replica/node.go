package replica

import (
	"errors"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// NodeOptions describe a Node.
type NodeOptions struct {
	Options
	// Cells is the number of cells.
	Cells uint32
	// Lease is how long holdings survive without a renewal, Heartbeat how often
	// it is renewed, Cleanup how often dead nodes are looked for.
	Lease, Heartbeat, Cleanup time.Duration
	// Incarnation returns a new incarnation of Options.Node, never one twice.
	Incarnation func() string
}

// Node is a node's membership over all its sessions: it opens them, keeps the
// lease, and drives the cells.
type Node struct {
	opts    NodeOptions
	cells   []*Cell
	effects []Effect
	now     time.Duration

	serial  uint64 // numbers the sessions
	self    string // incarnation of the present one, or of the one that is opened
	opening bool
	open    bool
	openAt  time.Duration
	pause   time.Duration // before the next attempt to open

	renewing bool
	renewAt  time.Duration
	renewed  time.Duration // when the last renewal that succeeded was begun
	reaping  bool
	reapAt   time.Duration
	retiring bool
	retireAt time.Duration
	old      []string // earlier incarnations whose holdings may still be there
	closing  []uint64 // sessions to be closed
	fault    error    // why the cluster is out of reach; nil while it is not
}

// NodeCommandKind says what is to be called.
type NodeCommandKind uint8

// The kinds of commands of a node.
const (
	// Open answers with Node.Opened, CellCall with the cell's method, and so on.
	Open NodeCommandKind = iota + 1
	Close
	Renew
	Reap
	Retire
	CellCall
)

// NodeCommand is a call of the session with this serial.
type NodeCommand struct {
	Kind   NodeCommandKind
	Serial uint64
	// Incarnation is the one to open or to retire.
	Incarnation string
	Cell        uint32
	Command     Command
}

const (
	firstPause = 100 * time.Millisecond // before a session is opened again
	lastPause  = 2 * time.Second
	oldLimit   = 16 // earlier incarnations that are remembered
)

// ErrNotJoined is the Fault of a node that has not joined the others yet.
var ErrNotJoined = errors.New("this node has not joined the others yet")

// NewNode returns a node that opens its first session at once.
func NewNode(opts NodeOptions) *Node {
	n := &Node{opts: opts, pause: firstPause, openAt: 1, fault: ErrNotJoined}
	for i := range opts.Cells {
		n.cells = append(n.cells, newCell(i, &n.opts.Options, &n.effects))
	}
	return n
}

// Cell returns a cell.
func (n *Node) Cell(i uint32) *Cell { return n.cells[i] }

// Effects returns what is to be told since the last call, in order.
func (n *Node) Effects() []Effect {
	e := n.effects
	n.effects = nil
	return e
}

// Fault is why the cluster is out of reach, nil while it is not.
func (n *Node) Fault() error { return n.fault }

// Session returns the serial and the incarnation of the session, if one is open.
func (n *Node) Session() (serial uint64, incarnation string, open bool) {
	return n.serial, n.self, n.open
}

// Opened takes the result of an Open.
func (n *Node) Opened(now time.Duration, serial uint64, err error) {
	n.now = now
	if serial != n.serial || !n.opening {
		return
	}
	n.opening = false
	if err != nil {
		n.fault = err
		n.openAt = now + n.pause
		n.pause = min(2*n.pause, lastPause)
		return
	}
	n.open, n.pause = true, firstPause
	n.renewAt, n.reapAt, n.renewed = now, now+n.opts.Cleanup, now
	n.renewing, n.reaping, n.retiring = false, false, false
	for _, c := range n.cells {
		c.Begin(now, n.self)
	}
}

// Ended says that the session with this serial is over: Receive has failed, or a
// command told that the node is fenced.
func (n *Node) Ended(now time.Duration, serial uint64, err error) {
	n.now = now
	if serial != n.serial || !n.open {
		return
	}
	n.open, n.fault = false, err
	n.openAt = now
	n.old = append(n.old, n.self)
	n.old = n.old[max(0, len(n.old)-oldLimit):]
	n.closing = append(n.closing, serial)
	for _, c := range n.cells {
		c.End(now)
	}
}

// Event takes a change or a loss that the session received. Messages are not for it.
func (n *Node) Event(now time.Duration, serial uint64, e contract.AdapterEvent) {
	n.now = now
	if serial != n.serial || !n.open {
		return
	}
	switch {
	case e.State != nil && e.State.Cell < n.opts.Cells:
		n.cells[e.State.Cell].Change(now, *e.State)
	case e.Lost != nil && len(e.Lost.Cells) == 0:
		for _, c := range n.cells {
			c.Lost(now)
		}
	case e.Lost != nil:
		for _, i := range e.Lost.Cells {
			if i < n.opts.Cells {
				n.cells[i].Lost(now)
			}
		}
	}
}

// Renewed takes the result of a Renew that was begun at some time.
func (n *Node) Renewed(now time.Duration, serial uint64, begun time.Duration, positions []contract.Position, err error) {
	if !n.mine(now, serial, err) {
		return
	}
	n.renewing = false
	if err != nil {
		n.fault = err
		n.renewAt = now + min(n.opts.Heartbeat, time.Second)
		return
	}
	n.fault = nil
	n.renewed, n.renewAt = begun, begun+n.opts.Heartbeat
	for i, at := range positions[:min(len(positions), len(n.cells))] {
		n.cells[i].Stands(now, at)
	}
}

// Reaped takes the result of a Reap.
func (n *Node) Reaped(now time.Duration, serial uint64, err error) {
	if n.mine(now, serial, err) {
		n.reaping, n.reapAt = false, now+n.opts.Cleanup
	}
}

// Retired takes the result of a Retire.
func (n *Node) Retired(now time.Duration, serial uint64, incarnation string, err error) {
	if !n.mine(now, serial, err) {
		return
	}
	n.retiring, n.retireAt = false, now+n.opts.Retry
	if err == nil && len(n.old) > 0 && n.old[0] == incarnation {
		n.old, n.retireAt = n.old[1:], now
	}
}

// Result takes the result of a call of a cell, which f gives to the cell.
func (n *Node) Result(now time.Duration, serial uint64, err error, f func()) {
	if n.mine(now, serial, err) {
		f()
	}
}

// mine reports whether a result is of the present session, and ends that if it
// turned out to be fenced.
func (n *Node) mine(now time.Duration, serial uint64, err error) bool {
	n.now = now
	if serial != n.serial || !n.open {
		return false
	}
	if errors.Is(err, contract.ErrFenced) || errors.Is(err, contract.ErrGone) || errors.Is(err, contract.ErrClosed) {
		n.Ended(now, serial, err)
		return false
	}
	return true
}

// Tick does what is due. A node that has not renewed its lease for as long as
// that lasts does not trust what it would hear: its own lease comes first.
func (n *Node) Tick(now time.Duration) {
	n.now = now
	if n.doubtful() {
		for _, c := range n.cells {
			c.silent = true
		}
	}
	for _, c := range n.cells {
		if at := c.Due(); at != 0 && at <= now {
			c.Tick(now)
		}
	}
}

func (n *Node) doubtful() bool { return n.open && n.now-n.renewed >= n.opts.Lease }

// Commands returns the calls that are to be made now.
func (n *Node) Commands(now time.Duration) []NodeCommand {
	n.now = now
	var all []NodeCommand
	for _, serial := range n.closing {
		all = append(all, NodeCommand{Kind: Close, Serial: serial})
	}
	n.closing = nil
	if !n.open {
		if !n.opening && now >= n.openAt {
			n.opening = true
			n.serial++
			n.self = n.opts.Incarnation()
			all = append(all, NodeCommand{Kind: Open, Serial: n.serial, Incarnation: n.self})
		}
		return all
	}
	all = n.leaseCommands(all)
	if n.doubtful() {
		return all
	}
	for i, c := range n.cells {
		for _, cmd := range c.Commands(now) {
			all = append(all, NodeCommand{Kind: CellCall, Serial: n.serial, Cell: uint32(i), Command: cmd})
		}
	}
	return all
}

func (n *Node) leaseCommands(all []NodeCommand) []NodeCommand {
	if !n.renewing && n.now >= n.renewAt {
		n.renewing = true
		all = append(all, NodeCommand{Kind: Renew, Serial: n.serial})
	}
	if !n.reaping && n.now >= n.reapAt && !n.doubtful() {
		n.reaping = true
		all = append(all, NodeCommand{Kind: Reap, Serial: n.serial})
	}
	if len(n.old) > 0 && !n.retiring && n.now >= n.retireAt && n.marked() {
		n.retiring = true
		all = append(all, NodeCommand{Kind: Retire, Serial: n.serial, Incarnation: n.old[0]})
	}
	return all
}

// marked reports whether this session has told all cells all that the node holds.
func (n *Node) marked() bool {
	for _, c := range n.cells {
		if !c.Marked() {
			return false
		}
	}
	return true
}

// Due returns when Tick and Commands have something to do, 0 if never.
func (n *Node) Due() time.Duration {
	if !n.open {
		if n.opening {
			return n.cellsDue(0)
		}
		return n.cellsDue(n.openAt)
	}
	at := time.Duration(0)
	if !n.renewing {
		at = n.renewAt
	}
	if !n.reaping && (at == 0 || n.reapAt < at) {
		at = n.reapAt
	}
	if len(n.old) > 0 && !n.retiring && n.retireAt > n.now && (at == 0 || n.retireAt < at) {
		at = n.retireAt
	}
	return n.cellsDue(at)
}

func (n *Node) cellsDue(at time.Duration) time.Duration {
	for _, c := range n.cells {
		if due := c.Due(); due != 0 && (at == 0 || due < at) {
			at = due
		}
	}
	return at
}
