package appstore

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Manager finds and changes the apps of a table. Its methods may be called at
// the same time; it keeps nothing but figures.
type Manager[R Record] struct {
	table Table[R]
	log   hclog.Logger

	unreadable atomic.Uint64
	revision   atomic.Uint64 // the last one given
}

var (
	_ contract.AppManager = (*Manager[Record])(nil)
	_ contract.AppWriter  = (*Manager[Record])(nil)
)

// New returns the manager of a table that is ready to be used. Apps that cannot
// be read are logged where a list leaves them out.
func New[R Record](table Table[R], log hclog.Logger) *Manager[R] {
	return &Manager[R]{table: table, log: log}
}

// FindByID looks the app up.
func (m *Manager[R]) FindByID(ctx context.Context, id string) (*contract.App, error) {
	r, there, err := m.named(ctx, id)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, fmt.Errorf("%w: app %q", contract.ErrNotFound, id)
	}
	return m.read(r)
}

// FindByKey asks the index whose key it is, and then the record whether it is.
func (m *Manager[R]) FindByKey(ctx context.Context, key string) (*contract.App, error) {
	owners, err := m.Owners(ctx, key)
	switch {
	case err != nil:
		return nil, err
	case len(owners) == 0:
		return nil, fmt.Errorf("%w: key %q", contract.ErrNotFound, key)
	case len(owners) > 1:
		return nil, fmt.Errorf("%w: %s: apps %q and %q have the same key; give one of them another",
			contract.ErrInvalid, m.table.Where(""), owners[0].ID(), owners[1].ID())
	}
	return m.read(owners[0])
}

// named returns the record with this id, if there is one.
func (m *Manager[R]) named(ctx context.Context, id string) (r R, there bool, err error) {
	if !nameable(id) {
		return r, false, nil
	}
	return m.table.Get(ctx, id)
}

// Owners returns the records that have this key, as they are now. There are
// several only if somebody else wrote them.
func (m *Manager[R]) Owners(ctx context.Context, key string) ([]R, error) {
	if !nameable(key) {
		return nil, nil
	}
	ids, err := m.table.Holders(ctx, key)
	if err != nil {
		return nil, err
	}
	var owners []R
	for _, id := range ids {
		r, there, err := m.table.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if there && r.Key() == key {
			owners = append(owners, r)
		}
	}
	return owners, nil
}

// read turns a record into an app. The error names record and field.
func (m *Manager[R]) read(r R) (*contract.App, error) {
	app, err := appjson.DecodeFields(r)
	if err != nil {
		m.unreadable.Add(1)
		return nil, fmt.Errorf("%s: %w", m.table.Where(r.ID()), err)
	}
	return app, nil
}

// Unreadable is how many times an app was found and could not be read.
func (m *Manager[R]) Unreadable() uint64 { return m.unreadable.Load() }

// List returns a page in the order of the table; its token is the last id of
// the page before. Apps that cannot be read are logged and left out.
func (m *Manager[R]) List(ctx context.Context, pageToken string, limit int) (contract.AppPage, error) {
	if limit < 1 || limit > 1000 {
		return contract.AppPage{}, fmt.Errorf("%w: a page has 1 to 1000 apps, not %d", contract.ErrInvalid, limit)
	}
	if pageToken != "" && !nameable(pageToken) {
		return contract.AppPage{}, fmt.Errorf("%w: this is no token of a page", contract.ErrInvalid)
	}
	records, next, err := m.table.Scan(ctx, pageToken, limit)
	if err != nil {
		return contract.AppPage{}, err
	}
	page := contract.AppPage{Next: next}
	for _, r := range records {
		app, err := m.read(r)
		if err != nil {
			m.log.Error("an app cannot be read and is left out", "app", r.ID(), "err", err)
			continue
		}
		page.Apps = append(page.Apps, app)
	}
	return page, nil
}
