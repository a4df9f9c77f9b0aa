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
	if err := writable(app); err != nil {
		return nil, err
	}
	if err := m.free(ctx, app); err != nil {
		return nil, err
	}
	stored, it, err := m.write(ctx, app, nil)
	if errors.Is(err, errChanged) {
		return nil, fmt.Errorf("%w: an app with id %q exists", contract.ErrConflict, app.ID)
	}
	if err != nil {
		return nil, err
	}
	if taken := m.free(ctx, app); errors.Is(taken, contract.ErrConflict) {
		return nil, errors.Join(taken, m.remove(ctx, it))
	}
	return stored, nil
}

// Update replaces an app.
func (m *appManager) Update(ctx context.Context, app *contract.App) (*contract.App, error) {
	if err := writable(app); err != nil {
		return nil, err
	}
	var stored *contract.App
	err := m.change(ctx, app.ID, app.Revision, func(before item) (err error) {
		if keyOf(before) == app.Key {
			stored, _, err = m.write(ctx, app, before)
			return err
		}
		stored, err = m.rename(ctx, app, before)
		return err
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// rename writes an app that gets another key.
func (m *appManager) rename(ctx context.Context, app *contract.App, before item) (*contract.App, error) {
	if err := m.free(ctx, app); err != nil {
		return nil, err
	}
	stored, it, err := m.write(ctx, app, before)
	if err != nil {
		return nil, err
	}
	if taken := m.free(ctx, app); errors.Is(taken, contract.ErrConflict) {
		before[attrRevision] = number(m.nextRevision(stored.Revision))
		return nil, errors.Join(taken, m.put(ctx, before, it))
	}
	return stored, nil
}

// Delete removes an app.
func (m *appManager) Delete(ctx context.Context, id string, revision uint64) error {
	return m.change(ctx, id, revision, func(before item) error { return m.remove(ctx, before) })
}

// change calls act with the item of an app, which must be at revision unless
// that is 0, until nobody else changes the item in between.
func (m *appManager) change(ctx context.Context, id string, revision uint64, act func(before item) error) error {
	for range tries {
		before, err := m.named(ctx, id)
		if err != nil {
			return err
		}
		if before == nil {
			return fmt.Errorf("%w: app %q", contract.ErrNotFound, id)
		}
		if at, _ := revisionOf(before); revision != 0 && revision != at {
			return fmt.Errorf("%w: app %q is at revision %d, not %d", contract.ErrConflict, id, at, revision)
		}
		if err := act(before); !errors.Is(err, errChanged) {
			return err
		}
	}
	return fmt.Errorf("%w: app %q is being changed by others all the time", contract.ErrConflict, id)
}

// write stores an app in place of before, and returns it as it is stored.
func (m *appManager) write(ctx context.Context, app *contract.App, before item) (*contract.App, item, error) {
	at, _ := revisionOf(before) // one that cannot be read is overwritten
	it, err := itemOf(app, before, m.nextRevision(at))
	if err != nil {
		return nil, nil, err
	}
	stored, err := appOf(it)
	if err != nil {
		return nil, nil, err
	}
	return stored, it, m.put(ctx, it, before)
}

// free returns ErrConflict if another app has the key of this one. The index
// that is asked may lag behind by a moment.
func (m *appManager) free(ctx context.Context, app *contract.App) error {
	its, err := m.owners(ctx, app.Key)
	for _, it := range its {
		if id := idOf(it); id != app.ID {
			return fmt.Errorf("%w: app %q has the key %q", contract.ErrConflict, id, app.Key)
		}
	}
	return err
}

// writable refuses names under which nothing could stand.
func writable(app *contract.App) error {
	if !nameable(app.ID) || !nameable(app.Key) {
		return fmt.Errorf("%w: id and key must be UTF-8 text of 1 to %d bytes", contract.ErrInvalid, longest)
	}
	return nil
}

// nextRevision grows with every call and over restarts, and is above at.
func (m *appManager) nextRevision(at uint64) uint64 {
	for {
		last := m.revision.Load()
		next := max(last+1, at+1, uint64(time.Now().UnixMicro()))
		if m.revision.CompareAndSwap(last, next) {
			return next
		}
	}
}
