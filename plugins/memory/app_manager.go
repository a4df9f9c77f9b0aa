package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/appwatch"
	"github.com/jackfield/jackfield/sdk/contract"
)

// appManager holds the apps of the configuration, and what was changed since
// then by calls. Changes last as long as the process.
type appManager struct {
	log hclog.Logger
	// configured holds the digest of each app as it stood in the configuration.
	configured map[string]string

	mu       sync.RWMutex
	byID     map[string]*contract.App
	byKey    map[string]*contract.App
	ids      []string            // sorted
	changed  map[string]struct{} // ids of apps that are not as configured
	revision uint64              // the last one given
	watchers appwatch.Watchers
	frozen   bool // while the state is exported nothing may change
}

var (
	_ contract.AppManager = (*appManager)(nil)
	_ contract.AppWriter  = (*appManager)(nil)
	_ contract.Inline     = (*appManager)(nil)
)

// openAppManager reads the apps and reports everything that is wrong with them.
func openAppManager(_ context.Context, opts appManagerOptions, env sdk.Env) (*appManager, error) {
	m := &appManager{
		log:        env.Logger,
		configured: map[string]string{},
		byID:       map[string]*contract.App{},
		byKey:      map[string]*contract.App{},
		changed:    map[string]struct{}{},
	}
	apps, err := readApps(opts.Apps)
	if err != nil {
		return nil, err
	}
	for _, app := range apps {
		m.configured[app.ID] = digest(app)
		app.Revision = m.nextRevision()
		m.put(app)
	}
	return m, nil
}

// Inline says that no call blocks.
func (m *appManager) Inline() bool { return true }

// FindByID looks the app up.
func (m *appManager) FindByID(_ context.Context, id string) (*contract.App, error) {
	return m.find(m.byID, id)
}

// FindByKey looks the app up.
func (m *appManager) FindByKey(_ context.Context, key string) (*contract.App, error) {
	return m.find(m.byKey, key)
}

func (m *appManager) find(index map[string]*contract.App, name string) (*contract.App, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if app := index[name]; app != nil {
		return app, nil
	}
	return nil, contract.ErrNotFound
}

// List returns the apps in the order of their ids; the token of a page is the
// last id of the one before.
func (m *appManager) List(_ context.Context, pageToken string, limit int) (contract.AppPage, error) {
	if limit < 1 || limit > 1000 {
		return contract.AppPage{}, fmt.Errorf("%w: a page has 1 to 1000 apps, not %d", contract.ErrInvalid, limit)
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	from, found := slices.BinarySearch(m.ids, pageToken)
	if found {
		from++
	}
	to := min(from+limit, len(m.ids))
	var page contract.AppPage
	for _, id := range m.ids[from:to] {
		page.Apps = append(page.Apps, m.byID[id])
	}
	if to < len(m.ids) {
		page.Next = m.ids[to-1]
	}
	return page, nil
}

// Create adds an app.
func (m *appManager) Create(_ context.Context, app *contract.App) (*contract.App, error) {
	return m.write(app, func(stored *contract.App) error {
		if stored != nil {
			return fmt.Errorf("%w: an app with id %q exists", contract.ErrConflict, app.ID)
		}
		return nil
	})
}

// Update replaces an app.
func (m *appManager) Update(_ context.Context, app *contract.App) (*contract.App, error) {
	return m.write(app, func(stored *contract.App) error { return expect(stored, app.ID, app.Revision) })
}

// write stores a copy of app if may agrees, which is given the app with its id
// that is stored, or nil.
func (m *appManager) write(app *contract.App, may func(stored *contract.App) error) (*contract.App, error) {
	fresh, err := copyOf(app)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.frozen {
		return nil, errFrozen
	}
	if err := may(m.byID[fresh.ID]); err != nil {
		return nil, err
	}
	if other := m.byKey[fresh.Key]; other != nil && other.ID != fresh.ID {
		return nil, fmt.Errorf("%w: app %q has the key %q", contract.ErrConflict, other.ID, fresh.Key)
	}
	fresh.Revision = m.nextRevision()
	m.put(fresh)
	m.noteChange(contract.AppChange{ID: fresh.ID, Revision: fresh.Revision})
	return fresh, nil
}

// Delete removes an app.
func (m *appManager) Delete(_ context.Context, id string, revision uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.frozen {
		return errFrozen
	}
	if err := expect(m.byID[id], id, revision); err != nil {
		return err
	}
	m.remove(id)
	m.noteChange(contract.AppChange{ID: id, Revision: m.nextRevision(), Deleted: true})
	return nil
}

// expect wants an app to be stored and, unless revision is 0, in this revision.
func expect(stored *contract.App, id string, revision uint64) error {
	switch {
	case stored == nil:
		return fmt.Errorf("%w: app %q", contract.ErrNotFound, id)
	case revision != 0 && revision != stored.Revision:
		return fmt.Errorf("%w: app %q is at revision %d, not %d", contract.ErrConflict, id, stored.Revision, revision)
	}
	return nil
}

// noteChange remembers that an app is not as configured, and tells the watchers.
func (m *appManager) noteChange(change contract.AppChange) {
	m.changed[change.ID] = struct{}{}
	if change.Deleted && m.configured[change.ID] == "" {
		delete(m.changed, change.ID) // it came and went
	}
	m.watchers.Tell(change)
}

// put makes app the one with its id.
func (m *appManager) put(app *contract.App) {
	m.remove(app.ID)
	i, _ := slices.BinarySearch(m.ids, app.ID)
	m.ids = slices.Insert(m.ids, i, app.ID)
	m.byID[app.ID], m.byKey[app.Key] = app, app
}

func (m *appManager) remove(id string) {
	app := m.byID[id]
	if app == nil {
		return
	}
	delete(m.byID, id)
	delete(m.byKey, app.Key)
	i, _ := slices.BinarySearch(m.ids, id)
	m.ids = slices.Delete(m.ids, i, i+1)
}

// nextRevision grows with every call and over restarts: an app read from a
// newer process must not look older than what is known of it.
func (m *appManager) nextRevision() uint64 {
	m.revision = max(m.revision+1, uint64(time.Now().UnixMicro()))
	return m.revision
}

// copyOf returns an app of the same content which shares nothing with app.
func copyOf(app *contract.App) (*contract.App, error) {
	doc, err := appjson.Encode(app, appjson.WithSecrets())
	if err != nil {
		return nil, err
	}
	return appjson.Decode(doc)
}
