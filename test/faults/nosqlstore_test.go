package faults

import (
	"fmt"
	"maps"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// otherStore is a real store of apps that speaks no SQL.
type otherStore struct {
	plugin, driver, section string
	server                  interface {
		Kill()
		Restart()
	}
	options map[string]any
}

// otherStores builds their plugins and starts one of each.
func otherStores(t *testing.T) []otherStore {
	t.Helper()
	for _, plugin := range []string{"dynamodb", "scylla"} {
		cmd := exec.Command("go", "build", "-o", built.Plugin(plugin), "../../plugins/"+plugin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	dynalite, cassandra := testserver.StartDynalite(t), testserver.StartCassandra(t)
	return []otherStore{
		{"dynamodb", "dynamodb", "dynamodb", dynalite, map[string]any{
			"endpoint_url": dynalite.URL, "aws_access_key_id": "id", "aws_secret_access_key": "secret",
		}},
		{"scylla", "scylla", "scylladb", cassandra, map[string]any{"nodes": []string{cassandra.Addr}, "replication_factor": 1}},
	}
}

// config is that of a server on the store; changed options win.
func (s otherStore) config(changed map[string]any) map[string]any {
	options := maps.Clone(s.options)
	maps.Copy(options, changed)
	return map[string]any{
		"app_manager": map[string]any{"driver": s.driver}, "database": map[string]any{s.section: options},
		"cache": map[string]any{"driver": "none"}, "queue": map[string]any{"driver": "none"},
		"admin": map[string]any{"token": adminToken}, "shutdown_grace_period": 1,
	}
}

// addApp adds an app as an operator would, and reports whether that worked.
func addApp(t *testing.T, s *launch.Server, id string) bool {
	t.Helper()
	got := apps(t, s, fmt.Sprintf(`{"secret":"%s-secret"}`, id), "add", id, "key="+id+"-key", "--file", "-")
	if got.status != 0 {
		t.Logf("add %s: %s", id, got.err)
	}
	return got.status == 0
}

// listen counts what a client hears in the room, all the time: one who does not
// read would hold up nobody but himself, and fall behind.
func listen(t *testing.T, s *launch.Server) *atomic.Int64 {
	t.Helper()
	c, err := dial(s.Port, "known-key")
	if err == nil {
		err = c.subscribe("room")
	}
	if err != nil {
		t.Fatal(err)
	}
	var heard atomic.Int64
	var group sync.WaitGroup
	group.Go(func() {
		for {
			e, err := c.next()
			if err != nil {
				return
			}
			if e.Event == "news" {
				heard.Add(1)
			}
		}
	})
	t.Cleanup(func() { _ = c.conn.Close(); group.Wait() })
	return &heard
}

// A store that is killed for some seconds under load closes no socket, and is
// used again when it is back, with nothing restarted.
func TestAStoreOfAppsIsKilledUnderLoad(t *testing.T) {
	for _, store := range otherStores(t) {
		t.Run(store.driver, func(t *testing.T) {
			s := built.Start(t, launch.Options{Config: store.config(nil)})
			if !addApp(t, s, "known") {
				t.Fatal("no app can be added")
			}
			wantCode(t, s.Port, "other-key", 4001)
			clients, err := crowd(s.Port, "known-key", "quiet", 40)
			if err != nil {
				t.Fatal(err)
			}
			heard := listen(t, s)
			publisher := startPublisher(t, s, "known")
			until(t, "messages", func() bool { return publisher.sent.Load() > 10 })
			store.server.Kill()
			for i := range 20 {
				wantCode(t, s.Port, fmt.Sprint("unknown-", i), 4100)
				known, err := dial(s.Port, "known-key")
				if err != nil {
					t.Fatalf("a known app while the store is away: %v", err)
				}
				clients = append(clients, known)
			}
			before := publisher.sent.Load()
			until(t, "some seconds of messages while the store is away", func() bool { return publisher.sent.Load() > before+600 })
			store.server.Restart()
			until(t, "an app that is new", func() bool { return addApp(t, s, "late") })
			if _, err := dial(s.Port, "late-key"); err != nil {
				t.Errorf("the new app: %v", err)
			}
			wantCode(t, s.Port, "nobody-key", 4001)
			publisher.end()
			if n := publisher.refused.Load(); n > 0 {
				t.Errorf("%d messages were refused", n)
			}
			until(t, "the last message", func() bool { return heard.Load() == publisher.sent.Load() })
			wantAllAlive(t, s, clients)
			if n := metric(t, s, "sockudo_app_store_failures_total", ""); n == 0 {
				t.Error("no failure of the store was counted")
			}
		})
	}
}

// A server whose store cannot be used does not start, and says in one line what
// is wrong and what to do.
func TestAStoreThatCannotBeUsedEndsTheStart(t *testing.T) {
	nowhere := fmt.Sprint("127.0.0.1:", testserver.Port(t))
	stores := otherStores(t)
	for _, test := range []struct {
		store   otherStore
		changed map[string]any
		words   []string
	}{
		{stores[0], map[string]any{"endpoint_url": "http://" + nowhere}, []string{"database.dynamodb.endpoint_url", "http://" + nowhere, "does not answer; correct it or start what is there"}},
		{stores[0], map[string]any{"aws_access_key_id": "", "aws_secret_access_key": "", "aws_profile_name": "hunter2"}, []string{"aws_profile_name", "cannot be used"}},
		{stores[0], map[string]any{"table_name": "a table"}, []string{"table_name: must be 3 to 255 letters"}},
		{stores[1], map[string]any{"nodes": []string{nowhere}}, []string{"database.scylladb.nodes: " + nowhere + " cannot be reached", "correct nodes"}},
		{stores[1], map[string]any{"keyspace": "fresh", "replication_factor": 3}, []string{"replication_factor: is 3, but the cluster has only 1 nodes", "add nodes"}},
		{stores[1], map[string]any{"ssl_mode": "verify-full"}, []string{"database.scylladb."}},
		{stores[1], map[string]any{"local_datacenter": "nowhere"}, []string{"local_datacenter: no node is in", "datacenter1"}},
	} {
		t.Run(fmt.Sprint(test.store.driver, " ", test.changed), func(t *testing.T) {
			text := refusal(t, test.store.config(test.changed))
			for _, word := range append(test.words, test.store.plugin) {
				if !strings.Contains(text, word) {
					t.Errorf("the server does not say %q:\n%s", word, text)
				}
			}
		})
	}
}
