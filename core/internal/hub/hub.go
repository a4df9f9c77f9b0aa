package hub

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/core/internal/delay"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// Options of a Hub.
type Options struct {
	// Shards is the number of shards and so of workers.
	Shards int
	// LogBytes and LogAge bound what waits in one log.
	LogBytes int
	LogAge   time.Duration
	// Now is a monotonic clock.
	Now func() time.Duration
	// Counters returns the counters of an app; may return nil.
	Counters func(appID string) Counters
	// Pack makes the compressed form of a frame; nil: no subscriber takes any.
	Pack func(plain []byte) []byte
	// Grace is how long a member whose connection broke off stays in presence
	// channels; 0: not at all.
	Grace time.Duration
	// CountEvery is how often the subscribers of a channel with many of them are
	// told how many there are; 0: nobody is ever told.
	CountEvery time.Duration
	// Observer learns of channels and members that come and go; may be nil.
	Observer Observer
	// Cluster is the other nodes; nil: this node is alone.
	Cluster Cluster
}

// Counters take what the workers did for an app: frames and bytes brought to
// sockets, and per message the time from append to written. Called once per
// turn of a log, by one goroutine at a time per shard.
type Counters interface {
	Delivered(shard, frames, bytes int)
	Lag(shard int, lag time.Duration)
	// Broadcast tells, once per message of a channel, how many subscribers it had
	// and how long it took on its last shard. Any worker may call it.
	Broadcast(channel pusher.Channel, subscribers int, took time.Duration)
}

// Observer learns of transitions on this node. Calls come in the order of the
// transitions of a channel, under its lock: they return at once and call
// nothing of the hub.
type Observer interface {
	Occupied(appID, channel string)
	Vacated(appID, channel string)
	MemberAdded(appID, channel, userID string, info []byte)
	MemberRemoved(appID, channel, userID string)
	// SignedIn and SignedOut tell of a user's first and last connection.
	SignedIn(appID, userID string)
	SignedOut(appID, userID string)
	// SubscriptionCount tells how many subscriptions a channel without presence has.
	SubscriptionCount(appID, channel string, count int)
}

// Hub is the table of channels of a node and the workers that deliver.
type Hub struct {
	opts   Options
	shards []*shard
	apps   sync.Map // app id -> *App
	next   atomic.Uint32
	grace  *delay.Line // nil: no grace
	counts *delay.Line // nil: nobody is told
	wg     sync.WaitGroup
}

// New returns a hub whose workers do not run yet.
func New(opts Options) *Hub {
	h := &Hub{opts: opts}
	for i := range opts.Shards {
		h.shards = append(h.shards, newShard(h, i))
	}
	if opts.Grace > 0 {
		h.grace = delay.New(opts.Grace)
	}
	if opts.CountEvery > 0 {
		h.counts = delay.New(opts.CountEvery)
	}
	return h
}

// Start starts the workers.
func (h *Hub) Start() {
	for _, s := range h.shards {
		h.wg.Go(s.run)
	}
}

// Stop ends the workers after what they have in hand and waits for them. What
// still waits in logs is dropped.
func (h *Hub) Stop() {
	for _, s := range h.shards {
		s.stop()
	}
	h.wg.Wait()
	for _, l := range []*delay.Line{h.grace, h.counts} {
		if l != nil {
			l.Stop()
		}
	}
}

// Shards is the number of shards.
func (h *Hub) Shards() int { return len(h.shards) }

// NextShard deals out shards evenly to new subscribers.
func (h *Hub) NextShard() int { return int(h.next.Add(1)) % len(h.shards) }

// App returns the app with this id, made if need be.
func (h *Hub) App(id string) *App {
	if a, ok := h.apps.Load(id); ok {
		return a.(*App)
	}
	a, _ := h.apps.LoadOrStore(id, newApp(h, id))
	return a.(*App)
}
