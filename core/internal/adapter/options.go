package adapter

import (
	"context"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/internal/replica"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Options of a Node. All fields are required unless they say otherwise.
type Options struct {
	Adapter contract.Adapter
	// ID names the node over restarts; it has no @.
	ID string
	// Lease is how long what this node holds survives without a renewal, by the
	// backend's clock; Heartbeat is how often it is renewed, Cleanup how often
	// dead nodes are looked for, 0: never.
	Lease, Heartbeat, Cleanup time.Duration
	// Now is a monotonic clock that does not begin at 0.
	Now    func() time.Duration
	Logger hclog.Logger
	// Online learns of users whose first connection anywhere signs in, and whose
	// last one goes.
	Online Online
	// People learns of members and users that this node has to do with, over all
	// nodes; may be nil.
	People People
	// AppChanged is told that an app was changed on another node.
	AppChanged func(change contract.AppChange)
	// Webhooks takes what the back ends of apps are told of transitions; nil: this
	// node tells nothing, others do.
	Webhooks Webhooks
}

// People is told that the members of a presence channel have changed, and that
// users have come and gone; more often than that is so.
type People interface {
	Online
	Changed(appID, channel string)
}

// Webhooks takes announcements.
type Webhooks interface {
	// Report hands announcements over, in order, and returns when all are in safe
	// hands; an error means that ctx ended before. It may be called again with
	// the same ones.
	Report(ctx context.Context, all []*replica.Announcement) error
}

// Online is told who is signed in, over all nodes.
type Online interface {
	SignedIn(appID, userID string)
	SignedOut(appID, userID string)
}

// The numbers by which all nodes must agree.
const (
	// cells is the number of cells.
	cells = 64
	// envelopes is the newest version of messages between nodes.
	envelopes = 1
)

// Times of this node alone.
const (
	// verdictWait is how long a change of this node waits for its place in the
	// sequence: a presence subscription or a connection under a quota.
	verdictWait = 250 * time.Millisecond
	// settleTime is how long holdings that the backend has lost stay shown.
	settleTime = 3 * time.Second
	// lazyTime is how long changes of numbers are collected.
	lazyTime = 500 * time.Millisecond
	// retryTime is the wait before a call that failed is made again.
	retryTime = 200 * time.Millisecond
	// readCount is how many changes of the log are asked for at a time.
	readCount = 1000
	// readyWait is how long the first subscriber of a channel waits for the bus.
	readyWait = time.Second
	// callTimeout bounds each call of the driver that has no bound of its own.
	callTimeout = 5 * time.Second
)
