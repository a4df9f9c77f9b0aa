package appwatch

import (
	"context"
	"sync"

	"github.com/jackfield/jackfield/sdk/contract"
)

// MaxPending is how many changes wait for a watcher; beyond it the watcher is
// told, by a change with an empty ID, that some were missed.
const MaxPending = 1024

// Watchers are those who want to hear of changes. All methods may be called at
// the same time; it starts no goroutine.
type Watchers struct {
	mu    sync.Mutex
	all   map[*watcher]struct{}
	ended error // why there will be no more changes
}

var _ contract.AppWatcher = (*Watchers)(nil)

type watcher struct {
	pending []contract.AppChange
	wake    chan struct{} // holds one token while something is pending
}

// Watch calls changed for every change that is told from now on, in order and
// from this goroutine. It returns the error of ctx, of changed or of End, of the
// last when everything was handed on that was told before it.
func (ws *Watchers) Watch(ctx context.Context, changed func(contract.AppChange) error) error {
	w := ws.join()
	defer ws.leave(w)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.wake:
		}
		pending, ended := ws.take(w)
		for _, change := range pending {
			if err := changed(change); err != nil {
				return err
			}
		}
		if ended != nil {
			return ended
		}
	}
}

// Tell hands a change to everyone who watches. It never waits for them.
func (ws *Watchers) Tell(change contract.AppChange) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		if len(w.pending) == MaxPending {
			w.pending = []contract.AppChange{{}} // doubt everything
		}
		w.pending = append(w.pending, change)
		w.rouse()
	}
}

// End ends all watching, now and later, with err, which is not nil.
func (ws *Watchers) End(err error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.ended = err
	for w := range ws.all {
		w.rouse()
	}
}

// Len is how many watch at this moment.
func (ws *Watchers) Len() int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return len(ws.all)
}

func (ws *Watchers) join() *watcher {
	w := &watcher{wake: make(chan struct{}, 1)}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all == nil {
		ws.all = map[*watcher]struct{}{}
	}
	ws.all[w] = struct{}{}
	if ws.ended != nil {
		w.rouse()
	}
	return w
}

func (ws *Watchers) leave(w *watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, w)
}

func (ws *Watchers) take(w *watcher) ([]contract.AppChange, error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	pending := w.pending
	w.pending = nil
	return pending, ws.ended
}

func (w *watcher) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
