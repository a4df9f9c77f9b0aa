package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/appwatch"
	"github.com/jackfield/jackfield/sdk/contract"
)

// How long things may take. A call also ends with its context.
const (
	dialTimeout  = 3 * time.Second
	openTimeout  = 3500 * time.Millisecond // the server allows five seconds
	lockTimeout  = 2 * time.Second
	callTimeout  = 5 * time.Second
	answerWithin = 6 * time.Second // of MySQL, for what no call bounds
	idleTimeout  = 180 * time.Second
	readAttempts = 3
)

// appManager finds and changes apps in a table.
type appManager struct {
	log      hclog.Logger
	db       database
	replicas replicas
	table    catalogue
	say      statements
	watchers appwatch.Watchers
	figures  figures
	broken   brokenRows
	stop     context.CancelFunc
	listens  chan struct{} // closed when nothing looks for changes any more
}

var (
	_ contract.AppManager    = (*appManager)(nil)
	_ contract.AppWriter     = (*appManager)(nil)
	_ contract.AppWatcher    = (*appManager)(nil)
	_ contract.Closer        = (*appManager)(nil)
	_ contract.HealthChecker = (*appManager)(nil)
	_ contract.MetricsSource = (*appManager)(nil)
)

// open connects, brings the table to what it should be, and begins to look for
// changes. connect makes a database from options.
func open(ctx context.Context, opts options, env sdk.Env, connect func(options) (database, error)) (*appManager, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	db, err := connect(opts)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	table, err := prepared(ctx, db, env.Logger)
	if err != nil {
		go db.close() // ends by itself, but waits up to 15 s for sessions that do not answer
		return nil, opts.explain(db, err)
	}
	m := &appManager{log: env.Logger, db: db, table: table, say: statementsFor(db, table), listens: make(chan struct{})}
	for _, o := range opts.replicas() {
		replica, err := connect(o)
		if err != nil {
			return nil, errors.Join(err, m.Close())
		}
		m.replicas.all = append(m.replicas.all, replica)
	}
	var watching context.Context
	watching, m.stop = context.WithCancel(context.Background())
	go m.lookForChanges(watching, opts.PoolMax)
	return m, nil
}

// prepared returns the table when it is ready to be read.
func prepared(ctx context.Context, db database, log hclog.Logger) (catalogue, error) {
	s := schema{db: db, log: log}
	table, err := s.prepare(ctx)
	if err == nil {
		_, err = db.query(ctx, statementsFor(db, table).byID, "")
	}
	if err == nil {
		err = db.ping(ctx)
	}
	return table, err
}

// Close ends all sessions.
func (m *appManager) Close() error {
	if m.stop != nil {
		m.stop()
		<-m.listens
	}
	m.db.close()
	for _, r := range m.replicas.all {
		r.close()
	}
	return nil
}

// FindByID reads a row by its id.
func (m *appManager) FindByID(ctx context.Context, id string) (*contract.App, error) {
	return m.find(ctx, columnID, m.say.byID, id)
}

// FindByKey reads a row by its key.
func (m *appManager) FindByKey(ctx context.Context, key string) (*contract.App, error) {
	return m.find(ctx, columnKey, m.say.byKey, key)
}

// find reads the one row whose column is exactly value: to some collations more
// is equal.
func (m *appManager) find(ctx context.Context, column, statement, value string) (*contract.App, error) {
	if !storable(value) {
		return nil, contract.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	rows, primary, err := m.read(ctx, statement, value)
	switch {
	case err != nil && m.db.fault(err).cause == causeForeign:
		return nil, contract.ErrNotFound
	case err != nil:
		return nil, m.wrapped("find app by "+column, err)
	}
	rows = exactly(rows, column, value)
	switch {
	case len(rows) == 1:
		return m.readable(rows[0])
	case len(rows) > 1:
		return nil, fmt.Errorf("%w: table %s has %d rows whose %s is %q", contract.ErrInvalid, m.table.shown(), len(rows), column, value)
	case !primary:
		return nil, fmt.Errorf("%w: a replica has no app with this %s, and the server that would know is away", contract.ErrUnavailable, column)
	}
	return nil, contract.ErrNotFound
}

// storable is whether a text can stand in a database at all.
func storable(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

func exactly(rows []row, column, value string) []row {
	var exact []row
	for _, r := range rows {
		if r[column] == value {
			exact = append(exact, r)
		}
	}
	return exact
}

// List returns apps in the order of their ids; the token of a page is the last
// id of the one before. Rows that cannot be read are left out and logged.
func (m *appManager) List(ctx context.Context, pageToken string, limit int) (contract.AppPage, error) {
	var page contract.AppPage
	if limit < 1 || limit > 1000 || !storable(pageToken) {
		return page, fmt.Errorf("%w: a page has 1 to 1000 apps, not %d", contract.ErrInvalid, limit)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	rows, _, err := m.read(ctx, m.say.page, pageToken, limit)
	if err != nil {
		return page, m.wrapped("list apps", err)
	}
	for _, r := range rows {
		if app, err := m.readable(r); err == nil {
			page.Apps = append(page.Apps, app)
		}
	}
	if len(rows) == limit {
		page.Next = rows[limit-1][columnID]
	}
	return page, nil
}

// readable reads an app; one that cannot be read is logged once.
func (m *appManager) readable(r row) (*contract.App, error) {
	app, err := appOf(r, m.db.signed())
	if err != nil {
		return nil, m.broken.note(m.log, m.table.shown(), r[columnID], err)
	}
	m.broken.forget(r[columnID])
	return app, nil
}

// wrapped gives an error of the driver the contract's meaning; one that has it
// already keeps it.
func (m *appManager) wrapped(doing string, err error) error {
	for _, known := range []error{contract.ErrNotFound, contract.ErrConflict, contract.ErrInvalid, contract.ErrUnsupported} {
		if errors.Is(err, known) {
			return err
		}
	}
	return m.db.fault(err).wrapped(doing, err)
}
