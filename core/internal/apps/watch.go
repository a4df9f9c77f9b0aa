package apps

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The pause before watching is tried again grows between these.
const (
	watchPause    = 250 * time.Millisecond
	watchMaxPause = 30 * time.Second
)

// watch takes in what the store tells of changes until ctx ends.
func (r *Registry) watch(ctx context.Context) {
	watcher, ok := r.opts.Manager.(contract.AppWatcher)
	if !ok {
		return
	}
	pause := watchPause
	for {
		began := r.now()
		err := watcher.Watch(ctx, r.changed)
		if ctx.Err() != nil || errors.Is(err, contract.ErrUnsupported) {
			return
		}
		if r.now()-began > watchMaxPause {
			pause = watchPause
		}
		r.opts.Logger.Warn("watching the app store ended, will try again", "pause", pause, "err", err)
		if !sleep(ctx, pause/2+rand.N(pause/2)) {
			return
		}
		pause = min(2*pause, watchMaxPause)
		r.doubtAll()
	}
}

// Doubt has the app with this id asked for again before it is served for long;
// "" doubts all apps. For changes of which others tell.
func (r *Registry) Doubt(id string) { _ = r.changed(contract.AppChange{ID: id}) }

// changed takes in one change. A new app is known by its id only, while clients
// ask for its key, so all that was found absent is open again.
func (r *Registry) changed(change contract.AppChange) error {
	if change.ID == "" {
		r.doubtAll()
		return nil
	}
	r.absent.clear()
	h := r.ids.get(change.ID)
	if h == nil {
		return nil
	}
	if change.Deleted || change.Revision == 0 || change.Revision > h.Load().Record.Revision {
		r.doubt(h)
		r.wake()
	}
	return nil
}

// doubtAll makes everything that is held due.
func (r *Registry) doubtAll() {
	r.absent.clear()
	r.ids.each(func(_ string, h *Handle) { r.doubt(h) })
	r.wake()
}

// doubt makes h due. An answer that is under way was perhaps read before the
// change and does not count as fresh.
func (r *Registry) doubt(h *Handle) {
	h.doubts.Add(1)
	h.fresh.Store(0)
}

// wake has the sweeper begin a round now.
func (r *Registry) wake() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// sleep waits for d and reports whether ctx lasted that long.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
