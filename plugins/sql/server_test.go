package main

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// realServer is one of the two databases.
type realServer interface {
	SQL(tb testserver.TB, database, statements string) string
	Database(tb testserver.TB) string
	Kill()
	Restart()
	Pause()
	Resume()
}

// product is what the tests need to know of a database.
type product struct {
	name, driver string
	shared       func() realServer // for all tests that do it no harm
	start        func(tb testserver.TB, settings ...string) realServer
	open         func(context.Context, options, sdk.Env) (*appManager, error)
}

var products = []product{
	{
		"PostgreSQL", "pgsql", sync.OnceValue(func() realServer { return startPostgres(testserver.Package) }),
		startPostgres, openPostgres,
	},
	{
		"MariaDB", "mysql", sync.OnceValue(func() realServer { return startMariaDB(testserver.Package) }),
		startMariaDB, openMySQL,
	},
}

func startPostgres(tb testserver.TB, settings ...string) realServer {
	return testserver.StartPostgres(tb, append(settings, "max_connections=200")...)
}

func startMariaDB(tb testserver.TB, settings ...string) realServer {
	return testserver.StartMariaDB(tb, append(settings, "max-connections=200")...)
}

// onBoth runs a test on each database.
func onBoth(t *testing.T, test func(t *testing.T, p product)) {
	for _, p := range products {
		t.Run(p.name, func(t *testing.T) { test(t, p) })
	}
}

// optionsFor returns options for a database of a server.
func optionsFor(server realServer, database string) options {
	var o options
	o.Defaults()
	o.Host, o.Database, o.SSLMode = "127.0.0.1", database, sslDisable
	switch s := server.(type) {
	case *testserver.Postgres:
		o.Port, o.Username, o.Password = uint16(s.Port), s.User, contract.Secret(s.Password)
	case *testserver.MariaDB:
		o.Port, o.Username, o.Password = uint16(s.Port), s.User, contract.Secret(s.Password)
	}
	return o
}

// jsonOf writes options as a server sends them.
func jsonOf(t *testing.T, o options) json.RawMessage {
	t.Helper()
	password := o.Password.Reveal()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	fields["password"] = password
	text, err = json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// mustOpen opens an app manager, which the test closes.
func mustOpen(t *testing.T, p product, o options) *appManager {
	t.Helper()
	m, err := tryOpen(t, p, o, hclog.NewNullLogger())
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return m
}

func tryOpen(t *testing.T, p product, o options, log hclog.Logger) (*appManager, error) {
	t.Helper()
	m, err := p.open(context.Background(), o, sdk.Env{Logger: log})
	if err == nil {
		t.Cleanup(func() { _ = m.Close() })
	}
	return m, err
}

// fresh opens an app manager on a new database of the shared server.
func fresh(t *testing.T, p product) (*appManager, options) {
	t.Helper()
	o := optionsFor(p.shared(), p.shared().Database(t))
	return mustOpen(t, p, o), o
}

func app(id string) *contract.App {
	return &contract.App{ID: id, Key: "key-" + id, Secrets: []contract.Secret{"s"}, Enabled: true}
}

func second[T any](_ T, err error) error { return err }

func number(n uint32) *uint32 { return &n }

func isErr(err, want error) bool { return errors.Is(err, want) }
