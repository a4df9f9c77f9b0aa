package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// notifier is implemented by databases that tell of changes.
type notifier interface {
	// notifies is whether the table has what that needs.
	notifies(cat catalogue) bool
	// listen calls tell for each change until ctx ends or the session is lost; it
	// calls ready once from when on nothing is missed.
	listen(ctx context.Context, cat catalogue, ready func(), tell func(contract.AppChange)) error
}

// The pause before a lost look-out is set up again grows between these.
const (
	watchPause    = 250 * time.Millisecond
	watchMaxPause = 5 * time.Second
)

// figures count what happens to the look-out.
type figures struct {
	changes, losses atomic.Uint64
	standing        atomic.Bool // changes are noticed
}

// lookForChanges tells the watchers of changes until ctx ends: as the database
// tells them, or by asking again and again. A look-out takes a session, so a
// pool of one leaves only the asking.
func (m *appManager) lookForChanges(ctx context.Context, sessions uint32) {
	defer close(m.listens)
	look := m.poll
	n, ok := m.db.(notifier)
	switch {
	case ok && sessions > 1 && n.notifies(m.table):
		look = func(ctx context.Context, ready func()) error {
			err := n.listen(ctx, m.table, ready, m.tell)
			if m.say.lately != "" && m.db.fault(err).cause == causeReadOnly {
				return m.poll(ctx, ready) // a standby sends no notices
			}
			return err
		}
	case m.say.lately == "":
		m.watchers.close(fmt.Errorf("%w: table %s lacks the column %s, by which changes are seen", contract.ErrUnsupported, m.table.shown(), columnUpdated))
		return
	}
	m.keepLooking(ctx, look)
}

// keepLooking sets the look-out up again whenever it is lost. Everyone doubts
// everything whenever it stands.
func (m *appManager) keepLooking(ctx context.Context, look func(ctx context.Context, ready func()) error) {
	pause, lost := watchPause, false
	ready := func() {
		if lost {
			m.log.Info("changes of apps are noticed again")
		}
		pause, lost = watchPause, false
		m.figures.standing.Store(true)
		m.watchers.tell(contract.AppChange{})
	}
	for {
		err := look(ctx, ready)
		m.figures.standing.Store(false)
		if ctx.Err() != nil {
			return
		}
		m.figures.losses.Add(1)
		if !lost {
			m.log.Warn("changes of apps are not noticed for the time being", "err", err)
			lost = true
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, watchMaxPause)
	}
}

func (m *appManager) tell(c contract.AppChange) {
	m.figures.changes.Add(1)
	m.watchers.tell(c)
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
		pending, err := m.watchers.pending(w)
		for _, change := range pending {
			if err := changed(change); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// maxPending is how many changes wait for a watcher; beyond it the watcher is
// told that some were missed.
const maxPending = 1024

// watchers are those who want to hear of changes.
type watchers struct {
	mu     sync.Mutex
	all    map[*watcher]struct{}
	closed error // why there will be no more changes
}

type watcher struct {
	waiting []contract.AppChange
	wake    chan struct{} // holds one token while something waits
}

func (ws *watchers) join() *watcher {
	w := &watcher{wake: make(chan struct{}, 1)}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all == nil {
		ws.all = map[*watcher]struct{}{}
	}
	ws.all[w] = struct{}{}
	if ws.closed != nil {
		w.wake <- struct{}{}
	}
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
		if len(w.waiting) == maxPending {
			w.waiting = []contract.AppChange{{}} // doubt everything
		}
		w.waiting = append(w.waiting, change)
		w.rouse()
	}
}

// close ends the watching of everyone, now and later, with err.
func (ws *watchers) close(err error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.closed = err
	for w := range ws.all {
		w.rouse()
	}
}

func (ws *watchers) pending(w *watcher) ([]contract.AppChange, error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	waiting := w.waiting
	w.waiting = nil
	return waiting, ws.closed
}

func (w *watcher) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
