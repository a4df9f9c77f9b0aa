package main

import (
	"context"
	"sync"

	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.AppWatcher = (*appManager)(nil)

// maxPending is how many changes wait for a watcher; beyond it the watcher is
// told that some were missed.
const maxPending = 1024

// watchers are those who want to hear of changes.
type watchers struct {
	mu  sync.Mutex
	all map[*watcher]struct{}
}

type watcher struct {
	wake    chan struct{} // holds one token while something is pending
	pending []contract.AppChange
}

// Watch calls changed for every change from now on.
func (m *appManager) Watch(ctx context.Context, changed func(contract.AppChange) error) error {
	w := m.watchers.join()
	defer m.watchers.leave(w)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.wake:
		}
		for _, change := range m.watchers.pending(w) {
			if err := changed(change); err != nil {
				return err
			}
		}
	}
}

func (ws *watchers) join() *watcher {
	w := &watcher{wake: make(chan struct{}, 1)}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all == nil {
		ws.all = map[*watcher]struct{}{}
	}
	ws.all[w] = struct{}{}
	return w
}

func (ws *watchers) leave(w *watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, w)
}

// tell never waits for a watcher.
func (ws *watchers) tell(change contract.AppChange) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		if len(w.pending) == maxPending {
			w.pending = []contract.AppChange{{}} // doubt everything
		}
		w.pending = append(w.pending, change)
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

func (ws *watchers) pending(w *watcher) []contract.AppChange {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	pending := w.pending
	w.pending = nil
	return pending
}
