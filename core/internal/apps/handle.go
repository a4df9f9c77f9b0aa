package apps

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Handle is the place where the sessions of one app find it. It stays the same
// over all revisions of the app.
type Handle struct {
	current atomic.Pointer[App]

	// Times are in nanoseconds since the registry was made. fresh: until then the
	// store need not be asked. hard: until then the copy may be served although
	// the store cannot be asked.
	fresh, hard atomic.Int64
	// doubts counts how often the store told that the app had changed.
	doubts atomic.Uint64
	// late is set while a change was told that the store has not confirmed.
	late atomic.Bool
	// reborn is set while a deletion was told that the store has not confirmed:
	// another app with the same id may have been added since.
	reborn atomic.Bool
	// wanted is the revision that a change was told to have, 0 for none: a store
	// that answers with a lower one lags behind.
	wanted atomic.Uint64
	// lower is a lower revision that the store gives, and since when nothing else.
	// Guarded by Registry.changes.
	lower struct {
		revision uint64
		since    time.Duration
	}
	// used is set by look-ups and cleared by the sweeper.
	used atomic.Bool

	mu        sync.Mutex
	listeners []*listener
}

type listener struct{ changed func(*App) }

// Load returns the app as it is now. It costs one atomic read.
func (h *Handle) Load() *App { return h.current.Load() }

// OnChange has changed called, in a goroutine of the registry, whenever the app
// was replaced by another revision or is gone, until cancel is called. The
// argument is the newest App; the same one may come twice. changed must return
// soon and may call cancel; a call that had begun before cancel may still run
// after it. A handle with a listener is kept up to date even when nobody looks it up.
func (h *Handle) OnChange(changed func(*App)) (cancel func()) {
	l := &listener{changed: changed}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners = append(h.listeners, l)
	return func() { h.forget(l) }
}

func (h *Handle) forget(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.listeners, l); i >= 0 {
		h.listeners = slices.Delete(h.listeners, i, i+1)
	}
}

// notify tells all listeners that Load returns something new.
func (h *Handle) notify() {
	h.mu.Lock()
	listeners := slices.Clone(h.listeners)
	h.mu.Unlock()
	for _, l := range listeners {
		l.changed(h.Load())
	}
}

// watched reports whether somebody listens.
func (h *Handle) watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners) > 0
}

// doubted returns how often the app was doubted, 0 for nil.
func (h *Handle) doubted() uint64 {
	if h == nil {
		return 0
	}
	return h.doubts.Load()
}

// is reports whether the app exists under this key. The index by key may lag
// behind a change of the key for a moment.
func (h *Handle) is(key string) bool {
	app := h.Load()
	return !app.Gone && app.Record.Key == key
}

// believes reports whether record, which came at the time now, is to replace what
// h holds; Registry.changes is held. A lower revision is an old copy, unless the
// app was deleted meanwhile, of which current answers tell, or the store has said
// nothing else for a while: it was added anew unnoticed, or restored.
func (h *Handle) believes(record *contract.App, current bool, now, while time.Duration) bool {
	reborn := current && h.reborn.Swap(false)
	if !older(record, h.Load().Record) {
		h.lower.revision = 0
		return true
	}
	if h.lower.revision != record.Revision {
		h.lower.revision, h.lower.since = record.Revision, now
	}
	return reborn || now-h.lower.since >= while
}

// lags reports whether record is older than what is known to be stored.
func (h *Handle) lags(record *contract.App) bool {
	return record.Revision != 0 && record.Revision < h.wanted.Load()
}

// want notes that a change with this revision was told.
func (h *Handle) want(revision uint64) {
	for {
		known := h.wanted.Load()
		if revision <= known || h.wanted.CompareAndSwap(known, revision) {
			return
		}
	}
}
