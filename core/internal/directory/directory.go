package directory

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	// ttl is the life of an entry, renewal its age when it is written again.
	ttl     = 60 * time.Second
	renewal = 30 * time.Second
	// round is how often entries are looked through for old ones.
	round = 5 * time.Second
	// gather is how long changes are collected.
	gather = 100 * time.Millisecond
	// batch is how many entries are written in one go.
	batch = 64
	// maxEntries and maxChanges bound what is remembered and what waits.
	maxEntries = 100_000
	maxChanges = 10_000
)

// Options of a Directory; all are required.
type Options struct {
	Cache contract.Cache
	// Members returns who is in a presence channel, in the order in which they came.
	Members func(appID, channel string) []pusher.Member
	// Timeout bounds one write.
	Timeout time.Duration
}

// Directory writes entries for what is occupied on this node.
type Directory struct {
	opts    Options
	skipped atomic.Uint64
	wake    chan struct{}
	stop    context.CancelFunc
	wg      sync.WaitGroup

	mu sync.Mutex
	// Guarded by mu.
	entries map[string]*entry // by key of the cache
	changed []*entry          // those with waits set
}

// entry is one key of the cache.
type entry struct {
	key       string
	app, name string
	user      bool // name is a user's id, not a channel
	// Guarded by Directory.mu.
	online  bool // of a user
	waits   bool
	written time.Time
}

// New returns a Directory that does not write yet.
func New(opts Options) *Directory {
	return &Directory{opts: opts, wake: make(chan struct{}, 1), entries: map[string]*entry{}}
}

// Changed tells that the members of a presence channel have changed.
func (d *Directory) Changed(appID, channel string) {
	d.note(&entry{key: "presence:" + appID + ":" + channel, app: appID, name: channel})
}

// SignedIn tells of a user's first connection.
func (d *Directory) SignedIn(appID, userID string) { d.user(appID, userID, true) }

// SignedOut tells that a user's last connection has gone.
func (d *Directory) SignedOut(appID, userID string) { d.user(appID, userID, false) }

func (d *Directory) user(appID, userID string, online bool) {
	d.note(&entry{key: "user:" + appID + ":" + userID, app: appID, name: userID, user: true, online: online})
}

// note puts e, or its likeness that is known already, into the row.
func (d *Directory) note(e *entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.entries[e.key]; known != nil {
		known.online = e.online
		e = known
	} else if len(d.entries) >= maxEntries {
		d.skipped.Add(1)
		return
	}
	d.entries[e.key] = e
	e.written = time.Time{}
	if !d.wait(e) {
		d.skipped.Add(1) // until the next round
	}
}

// wait puts e into the row and reports whether it stands there. mu is held.
func (d *Directory) wait(e *entry) bool {
	if e.waits {
		return true
	}
	if len(d.changed) >= maxChanges {
		return false
	}
	e.waits = true
	d.changed = append(d.changed, e)
	select {
	case d.wake <- struct{}{}:
	default:
	}
	return true
}

// renew puts old entries into the row.
func (d *Directory) renew() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.entries {
		if time.Since(e.written) >= renewal && !d.wait(e) {
			return
		}
	}
}

// Samples are the series of the directory; names are without prefix.
func (d *Directory) Samples(context.Context) []contract.Sample {
	d.mu.Lock()
	n := len(d.entries)
	d.mu.Unlock()
	return []contract.Sample{
		{Name: "directory_entries", Help: "Presence channels and users of this node in the shared cache.", Kind: contract.Gauge, Value: float64(n)},
		{
			Name: "directory_skipped_total", Help: "Writes of presence channels and users that were left out.",
			Kind: contract.Counter, Value: float64(d.skipped.Load()),
		},
	}
}
