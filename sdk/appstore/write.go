package appstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// tries is how often a change is attempted while others change the same app.
const tries = 8

// Create adds an app.
func (m *Manager[R]) Create(ctx context.Context, app *contract.App) (*contract.App, error) {
	if err := writable(app); err != nil {
		return nil, err
	}
	if err := m.free(ctx, app); err != nil {
		return nil, err
	}
	var nothing R
	stored, r, err := m.encode(app, nothing)
	if err == nil {
		err = m.table.Insert(ctx, r)
	}
	if errors.Is(err, ErrChanged) {
		return nil, fmt.Errorf("%w: an app with id %q exists", contract.ErrConflict, app.ID)
	}
	if err != nil {
		return nil, err
	}
	if taken := m.free(ctx, app); errors.Is(taken, contract.ErrConflict) {
		return nil, errors.Join(taken, m.table.Remove(ctx, r))
	}
	return stored, nil
}

// Update replaces an app.
func (m *Manager[R]) Update(ctx context.Context, app *contract.App) (*contract.App, error) {
	if err := writable(app); err != nil {
		return nil, err
	}
	var stored *contract.App
	err := m.change(ctx, app.ID, app.Revision, func(before R) (err error) {
		stored, err = m.Put(ctx, app, before)
		return err
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// Put writes an app in place of before, whatever the revision in app, and
// returns it as it is stored; ErrChanged if before is no longer what stands
// there. A key that is new must be nobody else's.
func (m *Manager[R]) Put(ctx context.Context, app *contract.App, before R) (*contract.App, error) {
	renamed := before.Key() != app.Key
	if renamed {
		if err := m.free(ctx, app); err != nil {
			return nil, err
		}
	}
	stored, r, err := m.encode(app, before)
	if err == nil {
		err = m.table.Replace(ctx, r, before)
	}
	if err != nil {
		return nil, err
	}
	if !renamed {
		return stored, nil
	}
	if taken := m.free(ctx, app); errors.Is(taken, contract.ErrConflict) {
		back := m.table.At(before, m.nextRevision(stored.Revision))
		return nil, errors.Join(taken, m.table.Replace(ctx, back, r))
	}
	return stored, nil
}

// Delete removes an app.
func (m *Manager[R]) Delete(ctx context.Context, id string, revision uint64) error {
	return m.change(ctx, id, revision, func(before R) error { return m.table.Remove(ctx, before) })
}

// change calls act with the record of an app, which must be at revision unless
// that is 0, until nobody else changes the record in between.
func (m *Manager[R]) change(ctx context.Context, id string, revision uint64, act func(before R) error) error {
	for range tries {
		before, there, err := m.named(ctx, id)
		switch at := revisionOf(before); {
		case err != nil:
			return err
		case !there:
			return fmt.Errorf("%w: app %q", contract.ErrNotFound, id)
		case revision != 0 && revision != at:
			return fmt.Errorf("%w: app %q is at revision %d, not %d", contract.ErrConflict, id, at, revision)
		}
		if err := act(before); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return fmt.Errorf("%w: app %q is being changed by others all the time", contract.ErrConflict, id)
}

// encode returns an app as it will stand in place of before, and its record.
func (m *Manager[R]) encode(app *contract.App, before R) (*contract.App, R, error) {
	r, err := m.table.Encode(app, before, m.nextRevision(revisionOf(before)))
	if err != nil {
		return nil, r, err
	}
	stored, err := appjson.DecodeFields(r)
	return stored, r, err
}

// free returns ErrConflict if another app has the key of this one. The index
// that is asked may lag behind by a moment.
func (m *Manager[R]) free(ctx context.Context, app *contract.App) error {
	owners, err := m.Owners(ctx, app.Key)
	for _, r := range owners {
		if id := r.ID(); id != app.ID {
			return fmt.Errorf("%w: app %q has the key %q", contract.ErrConflict, id, app.Key)
		}
	}
	return err
}

// writable refuses names under which nothing could stand.
func writable(app *contract.App) error {
	if !nameable(app.ID) || !nameable(app.Key) {
		return fmt.Errorf("%w: id and key must be UTF-8 text of 1 to %d bytes", contract.ErrInvalid, MaxName)
	}
	return nil
}

// revisionOf returns 0 for a revision that cannot be read: it is overwritten.
func revisionOf[R Record](r R) uint64 {
	revision, problem := r.Revision()
	if problem != "" {
		return 0
	}
	return revision
}

// nextRevision grows with every call and over restarts, and is above at.
func (m *Manager[R]) nextRevision(at uint64) uint64 {
	for {
		last := m.revision.Load()
		next := max(last+1, at+1, uint64(time.Now().UnixMicro()))
		if m.revision.CompareAndSwap(last, next) {
			return next
		}
	}
}
