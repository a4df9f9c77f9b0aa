package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// cassandra is the node that all tests share, started when the first one asks.
var cassandra = sync.OnceValue(startNode)

// buildDir is where the program is built; gone after the tests.
var buildDir string

func TestMain(m *testing.M) {
	var err error
	if buildDir, err = os.MkdirTemp("", "scylla-plugin"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(tests{m}, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(buildDir)
		os.Exit(code)
	}), goleak.IgnoreAnyFunction("github.com/jackfield/jackfield/sdk/testserver.init.func1.1"),
		// A session that was told of a node sleeps for ten seconds, closed or not.
		goleak.IgnoreAnyFunction("github.com/apache/cassandra-gocql-driver/v2.(*Session).handleNodeUp"))
}

// tests ends the shared node after the tests.
type tests struct{ m *testing.M }

func (t tests) Run() int { return testserver.Run(t.m) }

// program builds the plugin as it is released, once per run.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "scylla")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

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

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(3 * time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited for %s in vain", what)
		}
	}
}
