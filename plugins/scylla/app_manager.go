package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
)

// appManager finds and changes apps.
type appManager struct {
	*store
	log hclog.Logger

	unreadable   atomic.Uint64
	lastRevision atomic.Uint64 // that was given
}

var (
	_ contract.AppManager    = (*appManager)(nil)
	_ contract.AppWriter     = (*appManager)(nil)
	_ contract.HealthChecker = (*appManager)(nil)
	_ contract.MetricsSource = (*appManager)(nil)
	_ contract.Closer        = (*appManager)(nil)
)

// openWithin bounds an opening whose caller has no bound.
const openWithin = time.Minute

// openAppManager connects and returns when the table can be used.
func openAppManager(ctx context.Context, opts options, env sdk.Env) (*appManager, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(openWithin)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-answerBy))
	defer cancel()
	session, err := connect(ctx, &opts, env.Logger)
	if err != nil {
		return nil, err
	}
	m := &appManager{store: &store{opts: opts, session: session}, log: env.Logger}
	if err := m.prepare(ctx); err != nil {
		session.Close()
		return nil, err
	}
	return m, nil
}

// FindByID looks the app up.
func (m *appManager) FindByID(ctx context.Context, id string) (*contract.App, error) {
	r, err := m.named(ctx, id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("%w: app %q", contract.ErrNotFound, id)
	}
	return m.read(r)
}

// FindByKey asks the index whose key it is, and then the row whether it is.
func (m *appManager) FindByKey(ctx context.Context, key string) (*contract.App, error) {
	rows, err := m.owners(ctx, key)
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return nil, fmt.Errorf("%w: key %q", contract.ErrNotFound, key)
	case len(rows) > 1:
		return nil, fmt.Errorf("%w: table %s: apps %q and %q have the same key; give one of them another",
			contract.ErrInvalid, m.opts.table(), rows[0].text(colID), rows[1].text(colID))
	}
	return m.read(rows[0])
}

// longest is how many bytes an id or a key may have.
const longest = 2048

// nameable is whether something may stand under this id or key at all.
func nameable(name string) bool { return name != "" && len(name) <= longest && utf8.ValidString(name) }

// named returns the row with this id, nil if there is none.
func (m *appManager) named(ctx context.Context, id string) (row, error) {
	if !nameable(id) {
		return nil, nil
	}
	return m.get(ctx, id)
}

// owners returns the rows that have this key, as they are now.
func (m *appManager) owners(ctx context.Context, key string) ([]row, error) {
	if !nameable(key) {
		return nil, nil
	}
	ids, err := m.holders(ctx, key)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, id := range ids {
		r, err := m.get(ctx, id)
		if err != nil {
			return nil, err
		}
		if r != nil && r.text(colKey) == key {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// read turns a row into an app. The error names row and column.
func (m *appManager) read(r row) (*contract.App, error) {
	app, err := appOf(r)
	if err != nil {
		m.unreadable.Add(1)
		return nil, fmt.Errorf("table %s, row %q: %w", m.opts.table(), r.text(colID), err)
	}
	return app, nil
}

// List reads the table in the order of its tokens; the token of a page is the
// last id of the one before. Apps that cannot be read are logged and left out.
func (m *appManager) List(ctx context.Context, pageToken string, limit int) (contract.AppPage, error) {
	if limit < 1 || limit > 1000 {
		return contract.AppPage{}, fmt.Errorf("%w: a page has 1 to 1000 apps, not %d", contract.ErrInvalid, limit)
	}
	if pageToken != "" && !nameable(pageToken) {
		return contract.AppPage{}, fmt.Errorf("%w: this is no token of a page", contract.ErrInvalid)
	}
	rows, err := m.scan(ctx, pageToken, limit)
	if err != nil {
		return contract.AppPage{}, err
	}
	var page contract.AppPage
	for _, r := range rows {
		app, err := m.read(r)
		if err != nil {
			m.log.Error("an app cannot be read and is left out", "app", r.text(colID), "err", err)
			continue
		}
		page.Apps = append(page.Apps, app)
	}
	if len(rows) == limit {
		page.Next = rows[limit-1].text(colID)
	}
	return page, nil
}

// Close ends the connections.
func (m *appManager) Close() error {
	m.session.Close()
	return nil
}
