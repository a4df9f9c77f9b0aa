package plugintest_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/jackfield/jackfield/sdk/contract"
)

// fakeApps is a right app manager in a map, unless a flaw is switched on.
type fakeApps struct {
	flaw flaw

	mu       sync.Mutex
	apps     map[string]*contract.App
	revision uint64
	watchers map[chan contract.AppChange]bool
}

var (
	_ contract.AppManager = (*fakeApps)(nil)
	_ contract.AppWriter  = (*fakeApps)(nil)
	_ contract.AppWatcher = (*fakeApps)(nil)
)

func newFakeApps(f flaw, seed ...*contract.App) *fakeApps {
	m := &fakeApps{flaw: f, apps: map[string]*contract.App{}, watchers: map[chan contract.AppChange]bool{}}
	for _, app := range seed {
		m.put(app)
	}
	return m
}

func (m *fakeApps) FindByID(_ context.Context, id string) (*contract.App, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if app := m.apps[id]; app != nil {
		return app, nil
	}
	return nil, contract.ErrNotFound
}

func (m *fakeApps) byKey(key string) *contract.App {
	for _, app := range m.apps {
		if app.Key == key || m.flaw == keysFolded && strings.EqualFold(app.Key, key) {
			return app
		}
	}
	return nil
}

func (m *fakeApps) FindByKey(_ context.Context, key string) (*contract.App, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if app := m.byKey(key); app != nil {
		return app, nil
	}
	return nil, contract.ErrNotFound
}

// List is ordered by id; the token is the last id of a page.
func (m *fakeApps) List(_ context.Context, token string, limit int) (contract.AppPage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var page contract.AppPage
	for _, app := range m.apps {
		if app.ID > token {
			page.Apps = append(page.Apps, app)
		}
	}
	slices.SortFunc(page.Apps, func(a, b *contract.App) int { return strings.Compare(a.ID, b.ID) })
	if len(page.Apps) > limit {
		page.Apps = page.Apps[:limit]
		page.Next = page.Apps[limit-1].ID
	}
	return page, nil
}

// put stores a deep copy under the next revision and tells the watchers.
func (m *fakeApps) put(app *contract.App) *contract.App {
	c := *app
	c.Secrets = slices.Clone(app.Secrets)
	c.AllowedOrigins = slices.Clone(app.AllowedOrigins)
	c.Extra = slices.Clone(app.Extra)
	limits, _ := json.Marshal(app.Limits)
	c.Limits = contract.Limits{}
	_ = json.Unmarshal(limits, &c.Limits)
	webhooks, _ := json.Marshal(app.Webhooks)
	c.Webhooks = nil
	_ = json.Unmarshal(webhooks, &c.Webhooks)
	m.revision++
	c.Revision = m.revision
	m.apps[c.ID] = &c
	m.tell(contract.AppChange{ID: c.ID, Revision: c.Revision})
	return &c
}

func (m *fakeApps) tell(change contract.AppChange) {
	for w := range m.watchers {
		w <- change
	}
}

func (m *fakeApps) Create(_ context.Context, app *contract.App) (*contract.App, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.apps[app.ID] != nil || m.byKey(app.Key) != nil {
		return nil, contract.ErrConflict
	}
	return m.put(app), nil
}

// present returns the app with an id if it is at this revision.
func (m *fakeApps) present(id string, revision uint64) (*contract.App, error) {
	app := m.apps[id]
	switch {
	case app == nil:
		return nil, contract.ErrNotFound
	case revision != 0 && revision != app.Revision && m.flaw != revisionIgnored:
		return nil, contract.ErrConflict
	}
	return app, nil
}

func (m *fakeApps) Update(_ context.Context, app *contract.App) (*contract.App, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.present(app.ID, app.Revision); err != nil {
		return nil, err
	}
	if other := m.byKey(app.Key); other != nil && other.ID != app.ID {
		return nil, contract.ErrConflict
	}
	return m.put(app), nil
}

func (m *fakeApps) Delete(_ context.Context, id string, revision uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.present(id, revision); err != nil {
		return err
	}
	delete(m.apps, id)
	m.tell(contract.AppChange{ID: id, Deleted: true})
	return nil
}

func (m *fakeApps) Watch(ctx context.Context, changed func(contract.AppChange) error) error {
	changes := make(chan contract.AppChange, 1000)
	m.mu.Lock()
	m.watchers[changes] = true
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.watchers, changes)
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case c := <-changes:
			if err := changed(c); err != nil {
				return err
			}
		}
	}
}
