package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// Three nodes go on with two: nothing wrong is served while one is killed, and
// changes go through. With one node left the store is unavailable, which its
// health knows at once; and it is used again when a second one is back.
func TestThreeNodesWithOneKilled(t *testing.T) {
	c := testserver.StartCassandraCluster(t)
	o := freshTable(c.Nodes[0].Addr) // the others are learnt from it
	o.Username, o.Password, o.ReplicationFactor = "", "", 3
	o.Keyspace = "three_nodes"
	var m *appManager
	plugintest.Until(t, "the cluster to make the table", func() bool {
		var err error
		if m, err = open(t.Context(), o); err != nil {
			t.Log(err)
		}
		return err == nil
	})
	defer func() { _ = m.Close() }()
	plugintest.Until(t, "all nodes to be known", func() bool { up, all := m.nodes(); return up == 3 && all == 3 })
	t.Run("each row is asked of the node that has it", func(t *testing.T) { asksOwners(t, o) })
	apps := make([]*contract.App, 20)
	for i := range apps {
		var err error
		if apps[i], err = m.Create(t.Context(), anApp(fmt.Sprint("app", i))); err != nil {
			t.Fatal(err)
		}
	}
	readers := readAll(t, m, slices.Clone(apps))
	c.Nodes[0].Kill()
	plugintest.Until(t, "the node to be missed", func() bool { up, _ := m.nodes(); return up == 2 })
	readers.prove(t, "with two nodes")
	for i, app := range apps {
		changed, err := m.Update(t.Context(), app)
		if err != nil {
			t.Fatalf("update with two nodes: %v", err)
		}
		apps[i] = changed
	}
	if err := m.Health(t.Context()); err != nil {
		t.Errorf("health with two nodes: %v", err)
	}
	o.Nodes = c.Addrs()
	late := opened(t, o)
	if _, err := late.FindByKey(t.Context(), apps[0].Key); err != nil {
		t.Errorf("a plugin that starts with two nodes: %v", err)
	}
	c.Nodes[1].Kill()
	plugintest.Until(t, "the node to be missed", func() bool { up, _ := m.nodes(); return up == 1 })
	instant, cancel := context.WithCancel(t.Context())
	cancel() // health must not need to ask
	if err := m.Health(instant); !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("health with one node: %v", err)
	}
	if _, err := m.FindByID(t.Context(), apps[0].ID); !errors.Is(err, contract.ErrUnavailable) && !errors.Is(err, contract.ErrTimeout) {
		t.Errorf("a look-up with one node: %v", err)
	}
	c.Nodes[1].Restart()
	plugintest.Until(t, "the store to be healthy", func() bool { return m.Health(t.Context()) == nil })
	readers.prove(t, "after the restart")
	readers.end()
	for _, app := range apps {
		if got, err := m.FindByKey(t.Context(), app.Key); err != nil || got.Revision != app.Revision {
			t.Errorf("afterwards app %s: %+v, %v", app.ID, got, err)
		}
	}
	t.Logf("%d look-ups, %d of them without an answer", readers.good.Load()+readers.failed.Load(), readers.failed.Load())
}

// readers look apps up all the time.
type readers struct {
	good, failed, wrong atomic.Int64
	last                atomic.Value
	stop                context.CancelFunc
	group               sync.WaitGroup
}

func readAll(t *testing.T, m *appManager, apps []*contract.App) *readers {
	ctx, cancel := context.WithCancel(context.Background())
	r := &readers{stop: cancel}
	for i := range 4 {
		r.group.Go(func() {
			for n := i; ctx.Err() == nil; n++ {
				r.read(ctx, m, *apps[n%len(apps)])
			}
		})
	}
	t.Cleanup(r.end)
	return r
}

// read looks one app up by its key; what has no answer is no wrong answer.
func (r *readers) read(ctx context.Context, m *appManager, want contract.App) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	got, err := m.FindByKey(ctx, want.Key)
	switch {
	case err == nil && got.ID == want.ID && got.Key == want.Key:
		r.good.Add(1)
	case errors.Is(err, contract.ErrUnavailable), errors.Is(err, contract.ErrTimeout):
		r.failed.Add(1)
		<-ctx.Done() // as a caller would, it waits before it asks again
	default:
		r.wrong.Add(1)
		r.last.Store(fmt.Sprintf("%s: %+v, %v", want.Key, got, err))
	}
}

// prove waits for some hundred look-ups that are answered.
func (r *readers) prove(t *testing.T, when string) {
	t.Helper()
	before := r.good.Load()
	plugintest.Until(t, "look-ups "+when, func() bool { return r.good.Load() > before+300 })
	if n := r.wrong.Load(); n > 0 {
		t.Errorf("%d wrong answers %s, such as %v", n, when, r.last.Load())
	}
}

func (r *readers) end() {
	r.stop()
	r.group.Wait()
}

// asked remembers which node was asked for which row.
type asked struct {
	mu    sync.Mutex
	hosts map[any]map[string]bool
}

func (a *asked) ObserveQuery(_ context.Context, q gocql.ObservedQuery) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(q.Values) != 1 {
		return
	}
	if a.hosts[q.Values[0]] == nil {
		a.hosts[q.Values[0]] = map[string]bool{}
	}
	a.hosts[q.Values[0]][q.Host.ConnectAddress().String()] = true
}

// asksOwners looks rows of which there is one copy up again and again.
func asksOwners(t *testing.T, o options) {
	o.Keyspace, o.ReplicationFactor = "one_copy", 1
	m := opened(t, o)
	cfg, err := o.cluster(connectMost, hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	observer := &asked{hosts: map[any]map[string]bool{}}
	cfg.QueryObserver = observer
	session, err := cfg.CreateSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	used := map[string]bool{}
	const ids = 30
	alone := 0
	for i := range ids {
		id := fmt.Sprint("row", i)
		for range 5 {
			if err := session.Query(m.byID(), id).ExecContext(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(observer.hosts[id]) == 1 {
			alone++
		}
		for host := range observer.hosts[id] {
			used[host] = true
		}
	}
	if alone != ids || len(used) != 3 {
		t.Errorf("%d of %d rows were asked of one node alone; %d nodes were asked", alone, ids, len(used))
	}
}
