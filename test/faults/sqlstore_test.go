package faults

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// sqlServer is a real database for the plugin sql.
type sqlServer struct {
	driver, section string
	server          interface {
		SQL(tb testserver.TB, database, statements string) string
	}
	database string
	options  map[string]any
}

// The databases that tests share which do them no harm.
var (
	sharedPostgres = sync.OnceValue(func() *testserver.Postgres { return testserver.StartPostgres(testserver.Package) })
	sharedMariaDB  = sync.OnceValue(func() *testserver.MariaDB { return testserver.StartMariaDB(testserver.Package) })
)

// sqlServers returns one of each, with a database that nobody else uses.
func sqlServers(t *testing.T) []sqlServer {
	t.Helper()
	pg, maria := sharedPostgres(), sharedMariaDB()
	servers := []sqlServer{
		{"pgsql", "postgres", pg, pg.Database(t), map[string]any{"port": pg.Port, "username": pg.User, "password": pg.Password}},
		{"mysql", "mysql", maria, maria.Database(t), map[string]any{"port": maria.Port, "username": maria.User, "password": maria.Password}},
	}
	for _, s := range servers {
		s.options["host"], s.options["database"], s.options["ssl_mode"] = "127.0.0.1", s.database, "disable"
	}
	return servers
}

func (s sqlServer) config() map[string]any {
	return map[string]any{
		"app_manager": map[string]any{"driver": s.driver}, "database": map[string]any{s.section: s.options},
		"cache": map[string]any{"driver": "none"}, "queue": map[string]any{"driver": "none"},
		"shutdown_grace_period": 1,
	}
}

// add puts an app into the table as an operator would.
func (s sqlServer) add(t *testing.T, id string) {
	t.Helper()
	key := map[string]string{"pgsql": `"key"`, "mysql": "`key`"}[s.driver]
	s.server.SQL(t, s.database, fmt.Sprintf("INSERT INTO applications (id, %s, secret, enabled) VALUES ('%s', '%s-key', '%s-secret', TRUE)", key, id, id, id))
}

func TestAnAppDisabledInTheDatabaseClosesItsClients(t *testing.T) {
	t.Parallel()
	for _, db := range sqlServers(t) {
		t.Run(db.driver, func(t *testing.T) {
			s := built.Start(t, launch.Options{Config: db.config()})
			db.add(t, "a")
			db.add(t, "b")
			clients, err := crowd(s.Port, "a-key", "room", 5)
			if err != nil {
				t.Fatal(err)
			}
			bystander, err := dial(s.Port, "b-key")
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			db.server.SQL(t, db.database, "UPDATE applications SET enabled = FALSE WHERE id = 'a'")
			for _, c := range clients {
				if got, ok := errors.AsType[closed](c.await("nothing")); !ok || got.code != 4003 {
					t.Errorf("a client of a disabled app: %v", got)
				}
			}
			t.Logf("closed after %v", time.Since(began))
			wantCode(t, s.Port, "a-key", 4003)
			if err := bystander.subscribe("room"); err != nil {
				t.Error(err)
			}
			db.server.SQL(t, db.database, "UPDATE applications SET enabled = TRUE WHERE id = 'a'")
			until(t, "the app to be enabled again", func() bool {
				_, err := dial(s.Port, "a-key")
				return err == nil
			})
		})
	}
}

// The command line changes the table by itself, and every node notices.
func TestAppsOfADatabaseAreChangedForAllNodes(t *testing.T) {
	t.Parallel()
	for _, db := range sqlServers(t) {
		t.Run(db.driver, func(t *testing.T) {
			nodes := []*launch.Server{
				built.Start(t, launch.Options{Config: db.config()}), built.Start(t, launch.Options{Config: db.config()}),
			}
			do := func(stdin string, args ...string) ran {
				t.Helper()
				return apps(t, nodes[0], stdin, append(args, "--direct", "--plugin-dir", built.PluginDir())...)
			}
			do(`{"secret":"first"}`, "add", "shop", "key=shop-key", "max_connections=5", "--file", "-").want(t, 0, "shop")
			do("", "add", "shop").want(t, 4, `another app has the id "shop"`)
			do("", "rotate-secret", "shop").want(t, 0, "revision")
			do("", "show", "shop", "--json", "--show-secrets").want(t, 0, "first")
			var clients []*client
			for _, s := range nodes {
				c, err := dial(s.Port, "shop-key")
				if err != nil {
					t.Fatal(err)
				}
				clients = append(clients, c)
			}
			do("", "set", "shop", "enabled=false").want(t, 0, "revision")
			for i, c := range clients {
				if got, ok := errors.AsType[closed](c.await("nothing")); !ok || got.code != 4003 {
					t.Errorf("a client of node %d: %v", i, got)
				}
			}
			do("", "remove", "shop").want(t, 0, "removed: shop")
			for _, s := range nodes {
				until(t, "the app to be unknown", func() bool {
					_, err := dial(s.Port, "shop-key")
					got, ok := errors.AsType[closed](err)
					return ok && got.code == 4001
				})
			}
		})
	}
}
