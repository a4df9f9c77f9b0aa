package main

import (
	"context"
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

// transactAttempts is how often a transaction is tried that the server gives up.
const transactAttempts = 3

// again calls f until the server does not give up its transaction.
func again(d dialect, f func() error) error {
	var err error
	for range transactAttempts {
		if err = f(); err == nil || d.fault(err).cause != causeAgain {
			break
		}
	}
	return err
}

// Create inserts a row.
func (m *appManager) Create(ctx context.Context, app *contract.App) (*contract.App, error) {
	return m.write(ctx, "create app", app, m.insert)
}

// Update replaces what a row says of its app.
func (m *appManager) Update(ctx context.Context, app *contract.App) (*contract.App, error) {
	return m.write(ctx, "update app", app, m.replace)
}

// writing is an app on its way into the table.
type writing struct {
	app     *contract.App // with the revision that the row is to have; 0 means any
	written record
}

// write stores an app by put, in a transaction, and returns it as it stands there.
func (m *appManager) write(
	ctx context.Context, doing string, app *contract.App, put func(context.Context, session, writing) error,
) (*contract.App, error) {
	written, stored, err := recordOf(app, m.db.signed(), m.db.onOff())
	if err == nil {
		err = m.fits(stored)
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	stored.Revision = app.Revision
	revision := uint64(0)
	err = m.db.transact(ctx, func(s session) error {
		if err := put(ctx, s, writing{stored, written}); err != nil {
			return err
		}
		rows, err := s.query(ctx, m.say.revision, stored.ID)
		for _, r := range exactly(rows, columnID, stored.ID) {
			revision = r.revision()
		}
		return err
	})
	if err != nil {
		return nil, m.wrapped(doing, err)
	}
	stored.Revision = revision
	return stored, nil
}

func (m *appManager) insert(ctx context.Context, s session, w writing) error {
	rows, err := s.query(ctx, m.say.others, w.app.ID, w.app.Key)
	if err != nil {
		return err
	}
	if len(exactly(rows, columnID, w.app.ID)) > 0 {
		return fmt.Errorf("%w: an app with id %q exists", contract.ErrConflict, w.app.ID)
	}
	if err := keyIsFree(rows, w.app); err != nil {
		return err
	}
	return s.exec(ctx, m.say.insert, m.say.values(w.written)...)
}

func (m *appManager) replace(ctx context.Context, s session, w writing) error {
	if err := m.claim(ctx, s, w.app.ID, w.app.Revision); err != nil {
		return err
	}
	rows, err := s.query(ctx, m.say.others, w.app.ID, w.app.Key)
	if err != nil {
		return err
	}
	if err := keyIsFree(rows, w.app); err != nil {
		return err
	}
	return s.exec(ctx, m.say.update, append(m.say.values(w.written), w.app.ID)...)
}

// keyIsFree refuses a key that another app has. A table that is not ours may
// lack the constraint for it.
func keyIsFree(rows []row, app *contract.App) error {
	for _, r := range exactly(rows, columnKey, app.Key) {
		if r[columnID] != app.ID {
			return fmt.Errorf("%w: app %q has the key %q", contract.ErrConflict, r[columnID], app.Key)
		}
	}
	return nil
}

// Delete removes a row.
func (m *appManager) Delete(ctx context.Context, id string, revision uint64) error {
	if !storable(id) {
		return contract.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := m.db.transact(ctx, func(s session) error {
		if err := m.claim(ctx, s, id, revision); err != nil {
			return err
		}
		return s.exec(ctx, m.say.remove, id)
	})
	if err != nil {
		return m.wrapped("delete app", err)
	}
	return nil
}

// fits refuses an app of which the table cannot hold everything.
func (m *appManager) fits(app *contract.App) error {
	if !storable(app.ID) || !storable(app.Key) {
		return fmt.Errorf("%w: an id or a key with a zero byte cannot be stored", contract.ErrInvalid)
	}
	lacks := ""
	if !m.say.writes(columnPolicy) {
		lacks = columnPolicy
	}
	if len(app.Secrets) > 1 && !m.say.writes(columnPrevious) {
		lacks = columnPrevious
	}
	if lacks != "" {
		return fmt.Errorf("%w: table %s lacks the column %s; have its owner add it, and restart", contract.ErrUnsupported, m.table.shown(), lacks)
	}
	return nil
}

// claim locks the row of an app and compares its revision, unless that is 0.
func (m *appManager) claim(ctx context.Context, s session, id string, revision uint64) error {
	rows, err := s.query(ctx, m.say.claim, id)
	if err != nil && m.db.fault(err).cause != causeForeign {
		return err
	}
	rows = exactly(rows, columnID, id)
	if len(rows) == 0 {
		return fmt.Errorf("%w: app %q", contract.ErrNotFound, id)
	}
	if stored := rows[0].revision(); revision != 0 && revision != stored {
		return fmt.Errorf("%w: app %q is at revision %d, not %d", contract.ErrConflict, id, stored, revision)
	}
	return nil
}
