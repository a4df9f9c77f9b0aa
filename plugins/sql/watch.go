package main

import (
	"context"
	"fmt"
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
		m.watchers.End(fmt.Errorf("%w: table %s lacks the column %s, by which changes are seen", contract.ErrUnsupported, m.table.shown(), columnUpdated))
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
		m.watchers.Tell(contract.AppChange{})
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
	m.watchers.Tell(c)
}

// Watch calls changed for every change from now on.
func (m *appManager) Watch(ctx context.Context, changed func(contract.AppChange) error) error {
	return m.watchers.Watch(ctx, changed)
}
