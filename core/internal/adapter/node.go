package adapter

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/replica"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Node is this node among the others.
type Node struct {
	opts Options
	hub  *hub.Hub // set by Start

	mail mailbox

	mu      sync.RWMutex // guards the machine
	machine *replica.Node

	// Only the driving goroutine touches these.
	watched map[channelKey]*hub.Channel
	online  map[channelKey]bool
	away    bool // the log says so

	sender string // names this node's messages, over all its sessions
	links  links
	out    *outbox
	heard  *heard
	topics *topics
	told   announcements
	counts counters
	first  chan error // the result of the first attempt to join

	wg     sync.WaitGroup
	ctx    context.Context // ends when calls are to end
	cancel context.CancelFunc
}

// channelKey names a channel of an app.
type channelKey struct{ app, name string }

// New returns a node that does nothing yet.
func New(o Options) *Node {
	if o.People == nil {
		o.People = nobody{}
	}
	if o.Cleanup == 0 {
		o.Cleanup = 1 << 40 // about 12 days: as good as never
	}
	n := &Node{
		opts: o, mail: newMailbox(), watched: map[channelKey]*hub.Channel{}, online: map[channelKey]bool{},
		first: make(chan error, 1),
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.machine = replica.NewNode(replica.NodeOptions{
		Options: replica.Options{Node: o.ID, Verdict: verdictWait, Settle: settleTime, Lazy: lazyTime, Retry: retryTime, Read: readCount, Leads: o.Webhooks != nil},
		Cells:   cells, Lease: o.Lease, Heartbeat: o.Heartbeat, Cleanup: o.Cleanup,
		Incarnation: func() string { return o.ID + "@" + rand.Text() },
	})
	n.sender = o.ID + "@" + rand.Text()
	n.links.changed = make(chan struct{})
	n.out = newOutbox(o.Now, &n.counts)
	n.topics = newTopics(o.Now)
	n.heard = newHeard(&n.counts, n.topics.wants)
	n.told.wake = make(chan struct{}, 1)
	return n
}

// Start joins the others and delivers to h from now on. It waits for the first
// attempt while ctx lasts, and fails only if the others can never accept this
// node: then the configuration differs from theirs.
func (n *Node) Start(ctx context.Context, h *hub.Hub) error {
	n.hub = h
	n.wg.Go(n.drive)
	n.wg.Go(n.sendMessages)
	n.wg.Go(n.followTopics)
	n.wg.Go(n.easeWaiting)
	if n.opts.Webhooks != nil {
		n.wg.Go(n.handOver)
	}
	select {
	case err := <-n.first:
		if errors.Is(err, contract.ErrInvalid) {
			return fmt.Errorf("join the other nodes: %w", err)
		}
	case <-ctx.Done():
	}
	return nil
}

// Stop gives back what this node holds, hands over what waits for other nodes
// while ctx lasts, and ends.
func (n *Node) Stop(ctx context.Context) {
	n.out.drain(ctx)
	n.mail.close()
	n.out.close()
	n.cancel()
	n.wg.Wait()
	n.links.closeAll(ctx)
}

// nobody is no People.
type nobody struct{}

func (nobody) SignedIn(string, string)  {}
func (nobody) SignedOut(string, string) {}
func (nobody) Changed(string, string)   {}

// now is the node's clock.
func (n *Node) now() time.Duration { return n.opts.Now() }

// Fault is why the others are out of reach, nil while they are not.
func (n *Node) Fault() error {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.machine.Fault()
}
