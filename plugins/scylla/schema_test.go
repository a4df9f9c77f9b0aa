package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// theirs is a table as other programs make it: the flat form, a policy, and
// neither a revision nor a second secret.
const theirs = `CREATE TABLE %s (id text PRIMARY KEY, key text, secret text, enabled boolean, policy text,
	max_connections int, enable_client_messages boolean, max_client_events_per_second int, max_channel_name_length int,
	enable_user_authentication boolean, webhooks text, allowed_origins text, channel_delta_compression text, idempotency text,
	connection_recovery text, created_at timestamp, updated_at timestamp)`

// admin is a session that has a keyspace and tables of its own.
func admin(t *testing.T) *appManager {
	t.Helper()
	return opened(t, freshTable(cassandra().Addr))
}

func TestTheTableIsCreatedAsDocumented(t *testing.T) {
	m := admin(t)
	found, err := m.find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]tableColumn{
		"id": {"partition_key", "text"}, "key": {"regular", "text"}, "secret": {"regular", "text"}, "enabled": {"regular", "boolean"},
		"policy": {"regular", "text"}, "created_at": {"regular", "timestamp"}, "updated_at": {"regular", "timestamp"},
		"max_connections": {"regular", "int"}, "max_event_batch_size": {"regular", "int"}, "enable_watchlist_events": {"regular", "boolean"},
		"webhooks": {"regular", "text"}, "idempotency": {"regular", "text"}, "revision": {"regular", "bigint"}, "secrets": {"regular", "list<text>"},
	} {
		if found[name] != want {
			t.Errorf("column %s is %v, want %v", name, found[name], want)
		}
	}
	if len(found) != len(own)+len(documented) {
		t.Errorf("%d columns: %v", len(found), found)
	}
	replication, err := m.replication(t.Context())
	if err != nil || !strings.HasSuffix(replication["class"], simpleStrategy) || replication["replication_factor"] != "1" {
		t.Errorf("replication %v, %v", replication, err)
	}
}

func TestATableOfAnotherProgramIsTakenOver(t *testing.T) {
	o := admin(t).opts
	o.TableName += "_theirs"
	maker := &appManager{store: &store{opts: o, session: admin(t).session}}
	cql(t, maker, theirs)
	cql(t, maker, "CREATE INDEX ON %s (key)")
	cql(t, maker, `INSERT INTO %s (id, key, secret, enabled, max_connections, allowed_origins, enable_client_messages)
		VALUES ('flat', 'kf', 's', true, 5, '["https://a.example"]', true)`)
	cql(t, maker, `INSERT INTO %s (id, key, secret, policy, max_connections) VALUES ('nested', 'kn', 's', '{"limits":{"max_connections":9}}', 5)`)
	m := opened(t, o)
	for key, want := range map[string]uint32{"kf": 5, "kn": 9} {
		app, err := m.FindByKey(t.Context(), key)
		if err != nil || app.Limits.MaxConnections == nil || *app.Limits.MaxConnections != want || !app.Enabled || app.Revision != 0 {
			t.Fatalf("key %s: %+v, %v", key, app, err)
		}
		updated, err := m.Update(t.Context(), app)
		if err != nil || updated.Revision == 0 {
			t.Fatalf("update of %s: %+v, %v", key, updated, err)
		}
		if again, err := m.FindByID(t.Context(), app.ID); err != nil || cmp.Diff(updated, again) != "" {
			t.Errorf("found again: %+v, %v", again, err)
		}
	}
	full := plugintest.SampleApps()[2]
	stored, err := m.Create(t.Context(), full)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := m.FindByID(t.Context(), full.ID); err != nil || cmp.Diff(stored, got) != "" {
		t.Errorf("created %v, found %v, %v", stored, got, err)
	}
	opened(t, o) // which finds everything in place
}

func TestATableThatIsNotOneOfAppsIsRefused(t *testing.T) {
	for ddl, want := range map[string]string{
		"CREATE TABLE %s (pk text PRIMARY KEY, id text)":                            "column id must be text, is text (regular)",
		"CREATE TABLE %s (id int PRIMARY KEY, key text)":                            "column id must be text, is int (partition_key)",
		"CREATE TABLE %s (id text, at int, key text, PRIMARY KEY (id, at))":         "its primary key must be id alone, has at",
		"CREATE TABLE %s (id text PRIMARY KEY, key text, policy blob)":              "column policy must be text, is blob (regular)",
		"CREATE TABLE %s (id text, key text, PRIMARY KEY ((id, key)))":              "column key must be text, is text (partition_key)",
		"CREATE TABLE %s (id text PRIMARY KEY, key text, secret text, enabled int)": "column enabled must be boolean, is int (regular)",
	} {
		o := freshTable(cassandra().Addr)
		cql(t, &appManager{store: &store{opts: o, session: admin(t).session}}, ddl)
		_, err := open(t.Context(), o)
		options, ok := errors.AsType[contract.OptionErrors](err)
		if !ok || options[0].Path != "table_name" || !strings.Contains(options[0].Problem, want) {
			t.Errorf("open: %v, want %q", err, want)
		}
	}
}

// A node that has not heard of the index refuses key look-ups; opening waits for it.
func TestNodesLearnOfTheIndexOneAfterTheOther(t *testing.T) {
	m := opened(t, freshTable(cassandra().Addr))
	m.opts.TableName += "_bare"
	cql(t, m, "CREATE TABLE %s (id text PRIMARY KEY, key text)")
	short, cancel := context.WithTimeout(t.Context(), 2*askAgain)
	defer cancel()
	if err := m.everywhere(short); err == nil || !strings.Contains(err.Error(), m.opts.table()) {
		t.Errorf("without an index: %v", err)
	}
	asked, known := m.calls.Load(), make(chan error, 1)
	long, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { known <- m.everywhere(long) }()
	plugintest.Until(t, "it to ask more than once", func() bool { return m.calls.Load() > asked+1 })
	cql(t, m, "CREATE INDEX ON %s (key)")
	if err := <-known; err != nil {
		t.Errorf("with the index: %v", err)
	}
}

func TestAKeyspaceThatTheClusterCannotHoldIsRefused(t *testing.T) {
	for _, class := range []string{simpleStrategy, networkStrategy} {
		o := freshTable(cassandra().Addr)
		o.Keyspace, o.ReplicationClass, o.ReplicationFactor = "too_large", class, 3
		_, err := open(t.Context(), o)
		options, ok := errors.AsType[contract.OptionErrors](err)
		if !ok || options[0].Path != "replication_factor" || !strings.Contains(options[0].Problem, "has only 1 nodes") {
			t.Errorf("open with %s: %v", class, err)
		}
	}
	o := freshTable(cassandra().Addr)
	o.Keyspace, o.ReplicationClass = "network", networkStrategy
	if _, err := opened(t, o).Create(t.Context(), anApp("a")); err != nil {
		t.Errorf("create with %s: %v", networkStrategy, err)
	}
}

// A keyspace that keeps more copies than there are nodes can be read with a
// lower consistency; the error says so.
func TestTooFewCopiesAreSaid(t *testing.T) {
	m := admin(t)
	cql(t, m, "CREATE KEYSPACE three WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}")
	o := freshTable(cassandra().Addr)
	o.Keyspace = "three"
	three := opened(t, o)
	_, err := three.FindByID(t.Context(), "a")
	if !errors.Is(err, contract.ErrUnavailable) || !strings.Contains(err.Error(), `LOCAL_QUORUM needs 2 of the copies of a row, 1 can be asked`) {
		t.Errorf("FindByID: %v", err)
	}
	o.Consistency = "one"
	if _, err := opened(t, o).FindByID(t.Context(), "a"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("FindByID with one copy: %v", err)
	}
}

func TestAnUnknownDataCentreIsRefused(t *testing.T) {
	o := freshTable(cassandra().Addr)
	o.LocalDatacenter = "nowhere"
	_, err := open(t.Context(), o)
	options, ok := errors.AsType[contract.OptionErrors](err)
	if !ok || options[0].Path != "local_datacenter" || options[0].Problem != `no node is in "nowhere"; there are: datacenter1` {
		t.Errorf("open: %v", err)
	}
	o.LocalDatacenter = "datacenter1"
	opened(t, o)
}

func TestServersThatStartTogetherMakeOneTable(t *testing.T) {
	o := freshTable(cassandra().Addr)
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			m, err := open(t.Context(), o)
			if err == nil {
				_, err = m.FindByID(t.Context(), "a")
				_ = m.Close()
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; !errors.Is(err, contract.ErrNotFound) {
			t.Error(fmt.Errorf("open and find: %w", err))
		}
	}
}
