package faults

import (
	"maps"
	"os/exec"
	"sync"
	"testing"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// realStore is a database that holds apps.
type realStore struct {
	plugin, driver string
	database       map[string]any // the section of the configuration
	ttl            int            // 300 where the store tells of changes
	trouble        interface {
		Kill()
		Restart()
		Pause()
		Resume()
	}
	survives bool // trouble concerns a part of it alone
}

func postgres(t *testing.T) realStore { return postgresAt(t, testserver.StartPostgres(t)) }

func postgresAt(t *testing.T, s *testserver.Postgres) realStore {
	return realStore{"sql", "pgsql", map[string]any{"postgres": map[string]any{
		"host": "127.0.0.1", "port": s.Port, "username": s.User, "password": s.Password, "database": s.Database(t),
	}}, 300, s, false}
}

func mariadb(t *testing.T) realStore { return mariadbAt(t, testserver.StartMariaDB(t)) }

func mariadbAt(t *testing.T, s *testserver.MariaDB) realStore {
	return realStore{"sql", "mysql", map[string]any{"mysql": map[string]any{
		"host": "127.0.0.1", "port": s.Port, "username": s.User, "password": s.Password, "database": s.Database(t),
	}}, 300, s, false}
}

func dynamodb(t *testing.T) realStore { return dynamodbAt(testserver.StartDynalite(t)) }

func dynamodbLocal(t *testing.T) realStore { return dynamodbAt(testserver.StartDynamoDBLocal(t)) }

func dynamodbAt(s *testserver.DynamoDB) realStore {
	return realStore{"dynamodb", "dynamodb", map[string]any{"dynamodb": map[string]any{
		"endpoint_url": s.URL, "aws_access_key_id": "x", "aws_secret_access_key": "y",
	}}, 1, s, false}
}

func cassandra(t *testing.T) realStore {
	s := testserver.StartCassandra(t)
	return scylla(s, false, 1, s.Addr)
}

func cassandraCluster(t *testing.T) realStore {
	c := testserver.StartCassandraCluster(t)
	return scylla(c.Nodes[0], true, len(c.Nodes), c.Addrs()...)
}

// sharedCassandraNode is one that wants a user, for tests that do it no harm.
var sharedCassandraNode = sync.OnceValue(func() *testserver.Cassandra {
	return testserver.StartCassandra(testserver.Package,
		"authenticator: PasswordAuthenticator", "authorizer: CassandraAuthorizer", "role_manager: CassandraRoleManager")
})

// sharedCassandra is a store with a keyspace of its own.
func sharedCassandra(keyspace string) realStore {
	node := sharedCassandraNode()
	store := scylla(node, false, 1, node.Addr)
	maps.Copy(store.database["scylladb"].(map[string]any), map[string]any{
		"keyspace": keyspace, "username": "cassandra", "password": "cassandra",
	})
	return store
}

// scylla is a store whose trouble is that of one node.
func scylla(trouble *testserver.Cassandra, survives bool, copies int, nodes ...string) realStore {
	return realStore{"scylla", "scylladb", map[string]any{"scylladb": map[string]any{
		"nodes": nodes, "replication_factor": copies,
	}}, 1, trouble, survives}
}

// options are those of a server whose apps stand in the store.
func (r realStore) options() launch.Options {
	return launch.Options{Config: map[string]any{
		"app_manager": map[string]any{"driver": r.driver, "cache": map[string]any{"ttl": r.ttl}},
		"database":    r.database, "cache": map[string]any{"driver": "none"}, "queue": map[string]any{"driver": "none"},
		"admin": map[string]any{"token": adminToken}, "shutdown_grace_period": 1,
		"activity_timeout": 600, // some clients are silent for minutes
	}}
}

// inline are options with which a server writes the demo app to the store.
func (r realStore) inline() launch.Options {
	opts := r.options()
	maps.Copy(opts.Config["app_manager"].(map[string]any), map[string]any{
		"register_inline": true, "array": map[string]any{"apps": []any{map[string]any{
			"id": launch.Demo.ID, "key": launch.Demo.Key, "secret": launch.Demo.Secret, "enabled": true,
		}}},
	})
	return opts
}

// conflict is how a command ends that adds an app that is there already.
const conflict = 4

// prepare has the plugin make its tables and write an app, for which a store that has
// just begun to serve may need longer than a server waits for it.
func (r realStore) prepare(t *testing.T) {
	t.Helper()
	file := configFile(t, r.options().Config)
	until(t, "the tables of "+r.driver, func() bool {
		cmd := exec.Command(built.Core(), "apps", "add", "first", "--direct", "--config", file, "--plugin-dir", built.PluginDir())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Logf("prepare: %s", out)
		}
		return cmd.ProcessState.Success() || cmd.ProcessState.ExitCode() == conflict
	})
}

// Apps of real databases are looked after with the same commands, and on every node
// what one changes is seen.
func TestAppsOfRealStores(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) realStore{
		"PostgreSQL": func(t *testing.T) realStore { return postgresAt(t, sharedPostgres()) },
		"MariaDB":    func(t *testing.T) realStore { return mariadbAt(t, sharedMariaDB()) },
		"DynamoDB":   dynamodb,
		"Cassandra":  func(*testing.T) realStore { return sharedCassandra("changes") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := start(t)
			store.prepare(t)
			one, other := built.Start(t, store.inline()), built.Start(t, store.inline())
			lookAfter(t, one, other)
		})
	}
}

// lookAfter changes an app through one node and follows it on the other.
func lookAfter(t *testing.T, one, other *launch.Server) {
	t.Helper()
	direct := func(args ...string) ran {
		return apps(t, one, "", append(args, "--direct", "--plugin-dir", built.PluginDir())...)
	}
	apps(t, one, `{"secret":"first"}`, "add", "shop", "key=shop-key", "max_connections=9", "--file", "-").want(t, 0, "shop-key")
	if _, err := dial(one.Port, "shop-key"); err != nil {
		t.Errorf("on the node itself: %v", err)
	}
	c, err := dial(other.Port, "shop-key")
	if err != nil {
		t.Fatalf("on the other node: %v", err)
	}
	direct("show", "shop", "--json").want(t, 0, `"max_connections":9`)
	apps(t, one, "", "set", "shop", "enabled=false").want(t, 0, "shop")
	wantClosed(t, c, 4003)
	apps(t, one, "", "remove", "shop").want(t, 0, "shop")
	direct("show", "shop").want(t, 3, "no app has the id")
	apps(t, one, `{"secret":"second"}`, "add", "shop", "key=shop-key", "--file", "-").want(t, 0, "shop-key")
	again := newAPI(other.URL(), "shop", "shop-key", "second")
	until(t, "the other node to know the app that was added anew", func() bool {
		status, _ := again.publish("room", "m", "{}")
		return status == 200
	})
	direct("add", "shop").want(t, 4, "another app has the id")
	direct("list").want(t, 0, launch.Demo.ID)
}
