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
		err := watcher.Watch(ctx, func(c contract.AppChange) error { r.Changed(c); return nil })
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
		r.Changed(contract.AppChange{})
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
