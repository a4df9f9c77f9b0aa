package contract

import (
	"context"
	"time"
)

// Adapter joins this node to the others (v1alpha: may still change).
//
// Nodes exchange state, not transitions. Cluster state is split into cells by
// hash; within a cell every change of state gets the next number of one
// sequence. A node applies absolute values under its lease; "first", "last" and
// "one more fits" are decided in the cell, atomically. User messages take
// another way: topics, at most once, with loss told.
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
	// Snapshot returns the state of one key of a cell.
	Snapshot(ctx context.Context, cell uint32, key StateKey) (CellState, error)
	// Renew extends the lease in all cells; ErrFenced if it has ended in any.
	Renew(ctx context.Context) error
	// Reap looks for nodes whose lease ended more than two seconds ago and
	// removes their holdings; the changes appear in the sequence like all
	// others. It returns the incarnations that were removed.
	Reap(ctx context.Context) ([]string, error)
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

// CellState is the state of one key at one place of the sequence.
type CellState struct {
	Epoch, Seq uint64
	Members    []Member
	Total      uint32
}

// Member is a user of a presence channel.
type Member struct {
	User string
	Info []byte
}

// AdapterEvent is a message, a change of state or a loss: exactly one is set.
type AdapterEvent struct {
	Message *BusMessage
	State   *StateChange
	Lost    *Lost
}

// StateChange is one entry of a cell's sequence, by whatever node.
type StateChange struct {
	Cell        uint32
	Epoch, Seq  uint64
	Incarnation string
	Change      Change
	Result      ChangeResult
}

// Lost tells that messages or changes may have been missed; the node fetches
// snapshots. No cells means all.
type Lost struct {
	Cells  []uint32
	Reason string
}
