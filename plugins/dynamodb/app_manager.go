package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"unicode/utf8"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
)

// appManager finds and changes apps.
type appManager struct {
	*store
	log hclog.Logger

	unreadable atomic.Uint64
	revision   atomic.Uint64 // the last one given
}

var (
	_ contract.AppManager    = (*appManager)(nil)
	_ contract.AppWriter     = (*appManager)(nil)
	_ contract.HealthChecker = (*appManager)(nil)
	_ contract.MetricsSource = (*appManager)(nil)
	_ contract.Closer        = (*appManager)(nil)
)

// openAppManager connects and returns when the table can be used.
func openAppManager(ctx context.Context, opts options, env sdk.Env) (*appManager, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	db, transport, err := connect(ctx, &opts, env.Logger)
	if err != nil {
		return nil, err
	}
	m := &appManager{store: &store{opts: opts, db: db, transport: transport}, log: env.Logger}
	if err := m.prepare(ctx); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// FindByID looks the app up.
func (m *appManager) FindByID(ctx context.Context, id string) (*contract.App, error) {
	it, err := m.named(ctx, id)
	if err != nil {
		return nil, err
	}
	if it == nil {
		return nil, fmt.Errorf("%w: app %q", contract.ErrNotFound, id)
	}
	return m.read(it, id)
}

// FindByKey asks the index whose key it is, and then the table whether it is.
func (m *appManager) FindByKey(ctx context.Context, key string) (*contract.App, error) {
	its, err := m.owners(ctx, key)
	switch {
	case err != nil:
		return nil, err
	case len(its) == 0:
		return nil, fmt.Errorf("%w: key %q", contract.ErrNotFound, key)
	case len(its) > 1:
		return nil, fmt.Errorf("%w: table %q: apps %q and %q have the same key; give one of them another",
			contract.ErrInvalid, m.opts.TableName, idOf(its[0]), idOf(its[1]))
	}
	return m.read(its[0], idOf(its[0]))
}

// longest is how many bytes a name may have: more than this is no key of a table.
const longest = 2048

// nameable is whether something may stand under this id or key at all. What is
// not UTF-8 would be asked for as something else.
func nameable(name string) bool { return name != "" && len(name) <= longest && utf8.ValidString(name) }

// named returns the item with this id, nil if there is none.
func (m *appManager) named(ctx context.Context, id string) (item, error) {
	if !nameable(id) {
		return nil, nil
	}
	return m.get(ctx, id)
}

// owners returns the items that have this key, as they are now.
func (m *appManager) owners(ctx context.Context, key string) ([]item, error) {
	if !nameable(key) {
		return nil, nil
	}
	ids, err := m.holders(ctx, key)
	if err != nil {
		return nil, err
	}
	var its []item
	for _, id := range ids {
		it, err := m.get(ctx, id)
		if err != nil {
			return nil, err
		}
		if keyOf(it) == key {
			its = append(its, it)
		}
	}
	return its, nil
}

// read turns an item into an app. The error names item and attribute.
func (m *appManager) read(it item, id string) (*contract.App, error) {
	app, err := appOf(it)
	if err != nil {
		m.unreadable.Add(1)
		return nil, fmt.Errorf("table %q, item %q: %w", m.opts.TableName, id, err)
	}
	return app, nil
}

// List scans the table; the token of a page is the last id of the one before.
// Apps that cannot be read are logged and left out.
func (m *appManager) List(ctx context.Context, pageToken string, limit int) (contract.AppPage, error) {
	if limit < 1 || limit > 1000 {
		return contract.AppPage{}, fmt.Errorf("%w: a page has 1 to 1000 apps, not %d", contract.ErrInvalid, limit)
	}
	if pageToken != "" && !nameable(pageToken) {
		return contract.AppPage{}, fmt.Errorf("%w: this is no token of a page", contract.ErrInvalid)
	}
	its, next, err := m.scan(ctx, pageToken, limit)
	if err != nil {
		return contract.AppPage{}, err
	}
	page := contract.AppPage{Next: next}
	for _, it := range its {
		app, err := m.read(it, idOf(it))
		if err != nil {
			m.log.Error("an app cannot be read and is left out", "app", idOf(it), "err", err)
			continue
		}
		page.Apps = append(page.Apps, app)
	}
	return page, nil
}

// probeID is an app that nobody has.
const probeID = "health-probe"

// Health asks for an app.
func (m *appManager) Health(ctx context.Context) error {
	_, err := m.get(ctx, probeID)
	return err
}

// Metrics returns what was counted since the driver was opened.
func (m *appManager) Metrics() []contract.Sample {
	count := func(name, help string, n uint64) contract.Sample {
		return contract.Sample{Name: name, Help: help, Kind: contract.Counter, Value: float64(n)}
	}
	return []contract.Sample{
		count("app_store_requests_total", "Requests to the app store.", m.calls.Load()),
		count("app_store_failures_total", "Calls to the app store that failed.", m.failures.Load()),
		count("app_store_throttled_total", "Calls that the app store refused because there were too many.", m.throttled.Load()),
		count("app_store_unreadable_total", "Apps that were found and could not be read.", m.unreadable.Load()),
	}
}

// Close ends the connections.
func (m *appManager) Close() error {
	m.close()
	return nil
}
