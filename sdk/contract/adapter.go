package contract

import (
	"context"
	"time"
)

// Adapter joins this node to the others (v1alpha: may still change).
//
// Nodes exchange state, not transitions. Cluster state is split into cells by
// hash; within a cell every change of state gets the next number of one
// sequence and is kept in a log for a while. A node applies absolute values under
// its lease; "first", "last" and "one more fits" are decided in the cell,
// atomically. User messages take another way: topics, at most once, with loss told.
//
// A cell whose backend may have forgotten something (a fail-over, a restart, a
// loss of data) begins a new epoch. Epochs grow and no number is ever used twice,
// whatever was lost, so that a Position means one change for ever. In a new epoch
// holdings may be missing or old and versions may have been forgotten: every node
// applies again what it holds.
type Adapter interface {
	// Open joins as node and returns its session. The session lives until
	// Close, whatever happens to ctx. Opening with the incarnation of a session
	// that was fenced fails with ErrFenced; a node whose Protocol the others
	// cannot read is refused with ErrInvalid.
	Open(ctx context.Context, node NodeInfo) (AdapterSession, error)
}

// NodeInfo is what a node tells about itself.
type NodeInfo struct {
	// ID names the node over restarts; Incarnation is new for every session.
	ID          string
	Incarnation string
	// Lease is how long the node's holdings survive without a Renew, by the backend's clock.
	Lease time.Duration
	// Cells is the number of cells; all nodes must agree.
	Cells uint32
	// Reads and Writes are the newest envelope versions that the node
	// understands and would like to write.
	Reads, Writes uint32
}

// AdapterSession is one node's membership. Commands may be called at the same
// time; commands of one cell take effect in the order in which they were
// called. Receive is called by one goroutine.
type AdapterSession interface {
	// Subscribe returns when messages of the topics published from now on reach
	// this session. Unsubscribe ends that.
	Subscribe(ctx context.Context, topics []Topic) error
	Unsubscribe(ctx context.Context, topics []Topic) error
	// Publish hands messages to all other sessions that subscribe to their
	// topics; messages of one topic keep their order.
	Publish(ctx context.Context, msgs []BusMessage) error
	// Apply sets what this node holds in one cell. Version grows with every
	// Apply of this session in this cell; a repeated version is answered again
	// and not executed again. ErrFenced if the lease has ended.
	Apply(ctx context.Context, req ApplyRequest) (Verdict, error)
	// Snapshot returns a page of what all nodes hold in a cell; cursor is "" for
	// the first page and then Next of the page before. A driver chooses the size
	// of pages so that each fits in a message. What did not change since the
	// Position of the first page is in exactly one page at least; what did change
	// may be in the pages or not, in its old or its new form. So whoever applies
	// all changes after that Position to the pages has the state, exactly. An
	// epoch that ends meanwhile, or a cursor that has grown too old: ErrNotFound.
	Snapshot(ctx context.Context, cell uint32, cursor string) (CellPage, error)
	// Changes returns changes of a cell from its log, in order, beginning with the
	// one that follows after; at most limit, none if after is the last. ErrNotFound
	// if the log does not reach back so far, or after is of another epoch. A log
	// keeps the last 10 000 changes of a cell at least, unless it loses an epoch.
	Changes(ctx context.Context, cell uint32, after Position, limit int) ([]StateChange, error)
	// Renew extends the lease in all cells and returns where each cell stands, so
	// that a change whose news got lost is missed by nobody for long; ErrFenced if
	// the lease has ended in any.
	Renew(ctx context.Context) ([]Position, error)
	// Reap looks for nodes whose lease ended more than two seconds ago and
	// removes their holdings; the changes appear in the sequence like all
	// others. It returns the incarnations that were removed. A node whose own
	// renewals had a gap within the last lease removes nobody.
	Reap(ctx context.Context) ([]string, error)
	// Retire removes at once what an earlier incarnation of this very node holds,
	// and its lease, as Reap does. An incarnation that is unknown, or gone, is no
	// error; the session's own is ErrInvalid.
	Retire(ctx context.Context, incarnation string) error
	// Lead makes this node the leader of a cell, if it is not yet, and returns the
	// cursor of the cell: what Advance set last, by whomever, or the zero Position.
	// ErrConflict while another node leads that has neither resigned nor lost its
	// lease. ErrFenced if the own lease has ended.
	Lead(ctx context.Context, cell uint32) (Position, error)
	// Advance moves the cursor of a cell that this node leads forward; one that
	// does not lie ahead moves nothing. With resign the node leads no more.
	// ErrConflict if it does not lead; ErrFenced if its lease has ended.
	Advance(ctx context.Context, cell uint32, to Position, resign bool) error
	// Receive returns the next events: messages, changes of state in the order
	// of their cell, losses. ErrClosed after Close.
	Receive(ctx context.Context) ([]AdapterEvent, error)
	// Close gives back all that the node holds, as if its lease had ended.
	Close() error
}

// Topic is a stream of messages: a channel or a user of an app, in its cell.
type Topic struct {
	Cell uint32
	Name string
}

// BusMessage is one message between nodes. Body is opaque to the adapter.
type BusMessage struct {
	Topic Topic
	Body  []byte
}

// StateKey names a piece of state within a cell.
type StateKey struct {
	Kind StateKind
	// App is the app's id; Name the channel, user, or "" for a quota.
	App, Name string
}

// StateKind says how the values of a key are counted.
type StateKind int

// The kinds of state.
const (
	// StatePresence: users of a presence channel, each held by one or more nodes.
	StatePresence StateKind = iota + 1
	// StateCount: a number per node (subscribers of a channel, connections of
	// an app); the sum is what counts.
	StateCount
)

// Change is one absolute value that this node now holds.
type Change struct {
	Key StateKey
	// User and Info: StatePresence only. Info is kept from the first holder.
	User string
	Info []byte
	// Present is whether this node holds the user (StatePresence).
	Present bool
	// Count is this node's number (StateCount); 0 lets go.
	Count uint32
	// Limit, if not 0, refuses a change that would bring the number of users, or
	// the sum of counts, above it.
	Limit uint32
}

// ApplyRequest is a set of changes in one cell, taken as a whole.
type ApplyRequest struct {
	Cell    uint32
	Version uint64
	Changes []Change
}

// Verdict is the answer to an Apply.
type Verdict struct {
	Epoch uint64
	// Results are in the order of the changes.
	Results []ChangeResult
}

// ChangeResult tells what a change did.
type ChangeResult struct {
	// Seq is its place in the cell's sequence, 0 if nothing changed.
	Seq uint64
	// First: the user or channel was held by nobody before. Last: by nobody after.
	First, Last bool
	// Refused: the limit would have been exceeded; nothing was changed.
	Refused bool
	// Total is the number of users or the sum of counts afterwards.
	Total uint32
}

// Position is a place in the sequence of a cell.
type Position struct {
	Epoch, Seq uint64
}

// Before reports whether p lies before o.
func (p Position) Before(o Position) bool {
	return p.Epoch < o.Epoch || p.Epoch == o.Epoch && p.Seq < o.Seq
}

// CellPage is a part of what is held in a cell. Position is that of the cell
// when the page was read.
type CellPage struct {
	Position Position
	Holdings []Holding
	// Next is the cursor of the next page, "" after the last.
	Next string
}

// Holding is one value that one node holds.
type Holding struct {
	Key StateKey
	// User and Info: StatePresence only. Info is the one kept from the first holder.
	User string
	Info []byte
	// Incarnation is the session that holds it.
	Incarnation string
	// Count is that node's number (StateCount).
	Count uint32
}

// AdapterEvent is a message, a change of state or a loss: exactly one is set.
type AdapterEvent struct {
	Message *BusMessage
	State   *StateChange
	Lost    *Lost
}

// StateChange is one entry of a cell's sequence, by whatever node.
type StateChange struct {
	Cell       uint32
	Epoch, Seq uint64
	// Time is when the change took place, by the backend's clock.
	Time        time.Time
	Incarnation string
	// Change is what was applied. Info is the one in force, not what was applied.
	Change Change
	Result ChangeResult
}

// Position is the change's place in the sequence of its cell.
func (c StateChange) Position() Position { return Position{c.Epoch, c.Seq} }

// Lost tells that messages or changes may have been missed; the node fetches
// the log or snapshots. No cells means all. A session may tell of losses too often,
// never too rarely.
type Lost struct {
	Cells  []uint32
	Reason string
}
