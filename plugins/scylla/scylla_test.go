package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// cassandra is the node that all tests share, started when the first one asks.
var cassandra = sync.OnceValue(startNode)

// build is the program that the suites check.
var build plugintest.Build

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(tests{m}, goleak.Cleanup(func(code int) {
		build.Remove()
		os.Exit(code)
	}), goleak.IgnoreAnyFunction("github.com/jackfield/jackfield/sdk/testserver.init.func1.1"),
		// A session that was told of a node sleeps for ten seconds, closed or not.
		goleak.IgnoreAnyFunction("github.com/apache/cassandra-gocql-driver/v2.(*Session).handleNodeUp"))
}

// tests ends the shared node after the tests.
type tests struct{ m *testing.M }

func (t tests) Run() int { return testserver.Run(t.m) }

var tableCount atomic.Int64

// freshTable are options for a table of the test's own, in a keyspace that the
// tests share.
func freshTable(nodes ...string) options {
	var o options
	o.Defaults()
	o.Nodes, o.ReplicationFactor = nodes, 1
	o.Username, o.Password = "cassandra", "cassandra"
	o.TableName = fmt.Sprint("apps_", tableCount.Add(1))
	return o
}

// asJSON writes options as the server sends them.
func asJSON(t *testing.T, o options) json.RawMessage {
	t.Helper()
	doc, err := json.Marshal(map[string]any{
		"nodes": o.Nodes, "keyspace": o.Keyspace, "table_name": o.TableName, "replication_factor": o.ReplicationFactor,
		"username": o.Username, "password": o.Password.Reveal(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func open(ctx context.Context, o options) (*appManager, error) {
	return openAppManager(ctx, o, sdk.Env{Logger: hclog.NewNullLogger()})
}

// opened opens an app manager which the test closes.
func opened(t *testing.T, o options) *appManager {
	t.Helper()
	m, err := open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// cql runs a statement past the driver; %s in it is the table.
func cql(t *testing.T, m *appManager, stmt string, args ...any) {
	t.Helper()
	if err := m.session.Query(strings.ReplaceAll(stmt, "%s", m.opts.table()), args...).ExecContext(t.Context()); err != nil {
		t.Fatalf("%s: %v", stmt, err)
	}
}

func anApp(id string) *contract.App {
	return &contract.App{ID: id, Key: "key-" + id, Secrets: []contract.Secret{"s"}, Enabled: true}
}

func second[T any](_ T, err error) error { return err }
