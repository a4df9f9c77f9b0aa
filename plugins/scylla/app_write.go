package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// tries is how often a change is attempted while others change the same app.
const tries = 8

// Create adds an app.
func (m *appManager) Create(ctx context.Context, app *contract.App) (*contract.App, error) {
	if err := m.free(ctx, app); err != nil {
		return nil, err
	}
	stored, r, err := m.written(app, nil)
	if err == nil {
		err = m.insert(ctx, r)
	}
	if errors.Is(err, errChanged) {
		return nil, fmt.Errorf("%w: an app with id %q exists", contract.ErrConflict, app.ID)
	}
	if err != nil {
		return nil, err
	}
	if taken := m.free(ctx, app); errors.Is(taken, contract.ErrConflict) {
		return nil, errors.Join(taken, m.remove(ctx, r))
	}
	return stored, nil
}

// Update replaces an app.
func (m *appManager) Update(ctx context.Context, app *contract.App) (*contract.App, error) {
	var stored *contract.App
	err := m.change(ctx, app.ID, app.Revision, func(before row) (err error) {
		stored, err = m.put(ctx, app, before)
		return err
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// put writes an app in place of before. A key that is new must be nobody else's.
func (m *appManager) put(ctx context.Context, app *contract.App, before row) (*contract.App, error) {
	renamed := before.text(colKey) != app.Key
	if renamed {
		if err := m.free(ctx, app); err != nil {
			return nil, err
		}
	}
	stored, r, err := m.written(app, before)
	if err == nil {
		err = m.replace(ctx, r, before)
	}
	if err != nil || !renamed {
		return stored, err
	}
	if taken := m.free(ctx, app); errors.Is(taken, contract.ErrConflict) {
		before[colRevision] = cell{value: int64(m.nextRevision(stored.Revision))}
		return nil, errors.Join(taken, m.replace(ctx, before, r))
	}
	return stored, nil
}

// Delete removes an app.
func (m *appManager) Delete(ctx context.Context, id string, revision uint64) error {
	return m.change(ctx, id, revision, func(before row) error { return m.remove(ctx, before) })
}

// change calls act with the row of an app, which must be at revision unless that
// is 0, until nobody else changes the row in between.
func (m *appManager) change(ctx context.Context, id string, revision uint64, act func(before row) error) error {
	for range tries {
		before, err := m.named(ctx, id)
		switch {
		case err != nil:
			return err
		case before == nil:
			return fmt.Errorf("%w: app %q", contract.ErrNotFound, id)
		case revision != 0 && revision != before.revision():
			return fmt.Errorf("%w: app %q is at revision %d, not %d", contract.ErrConflict, id, before.revision(), revision)
		}
		if err := act(before); !errors.Is(err, errChanged) {
			return err
		}
	}
	return fmt.Errorf("%w: app %q is being changed by others all the time", contract.ErrConflict, id)
}

// written returns an app as it will stand in place of before, and its row.
func (m *appManager) written(app *contract.App, before row) (*contract.App, row, error) {
	if !nameable(app.ID) || !nameable(app.Key) {
		return nil, nil, fmt.Errorf("%w: id and key must be UTF-8 text of 1 to %d bytes", contract.ErrInvalid, longest)
	}
	r, err := rowOf(app, m.nextRevision(before.revision()))
	if err != nil {
		return nil, nil, err
	}
	stored, err := appOf(r)
	return stored, r, err
}

// free returns ErrConflict if another app has the key of this one.
func (m *appManager) free(ctx context.Context, app *contract.App) error {
	rows, err := m.owners(ctx, app.Key)
	for _, r := range rows {
		if id := r.text(colID); id != app.ID {
			return fmt.Errorf("%w: app %q has the key %q", contract.ErrConflict, id, app.Key)
		}
	}
	return err
}

// nextRevision grows with every call and over restarts, and is above at.
func (m *appManager) nextRevision(at uint64) uint64 {
	for {
		last := m.lastRevision.Load()
		next := max(last+1, at+1, uint64(time.Now().UnixMicro()))
		if m.lastRevision.CompareAndSwap(last, next) {
			return next
		}
	}
}
