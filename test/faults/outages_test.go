package faults

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/launch"
)

// awayFor is how long a store is away.
const awayFor = 30 * time.Second

// A store that is away for half a minute under load closes no socket, and nobody is
// served an app as it was before it was changed. Apps that are held go on, who asks for
// others is told to come again, and afterwards all of it works, with nothing restarted.
func TestStoresAreAwayUnderLoad(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) realStore{
		"PostgreSQL": postgres, "MariaDB": mariadb, "dynalite": dynamodb, "DynamoDB Local": dynamodbLocal,
		"Cassandra": cassandra, "one of three nodes of Cassandra": cassandraCluster,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := start(t)
			nodes := startNodes(t, store)
			for _, o := range []outage{
				{"killed", store.trouble.Kill, store.trouble.Restart},
				{"stopped", store.trouble.Pause, store.trouble.Resume},
			} {
				if !t.Run(o.name, func(t *testing.T) { nodes.outlast(t, o) }) {
					return // the store may be away for good
				}
			}
		})
	}
}

// outage is a way for a store to be away.
type outage struct {
	name       string
	begin, end func()
}

// nodes are servers on one store.
type nodes struct {
	store   realStore
	servers []*launch.Server
	crowds  []*storeCrowd // of each server
	failed  chan error    // what labours end with that fail
}

// startNodes starts a server whose copies of apps are soon old and, if the store tells
// of changes, one whose copies stay good for minutes, so that it has to be told.
func startNodes(t *testing.T, store realStore) *nodes {
	t.Helper()
	n := &nodes{store: store, failed: make(chan error, 20)}
	ttls := []int{1}
	if store.ttl > 1 {
		ttls = append(ttls, store.ttl)
	}
	store.prepare(t)
	for _, ttl := range ttls {
		n.store.ttl = ttl
		n.servers = append(n.servers, built.Start(t, n.store.options()))
	}
	n.add(t, "known")
	n.add(t, "strict", "max_connections=9")
	n.add(t, "off")
	for _, s := range n.servers {
		n.crowds = append(n.crowds, gather(t, s))
	}
	n.change(t, "set", "off", "enabled=false")
	n.change(t, "rotate-secret", "strict", "--drop-old")
	n.limit(t, 3)
	return n
}

// add makes an app. A change whose answer is lost has been made or not, so that it is
// tried again.
func (n *nodes) add(t *testing.T, id string, fields ...string) {
	t.Helper()
	args := append([]string{"add", id, "key=" + id + "-key", "--file", "-"}, fields...)
	until(t, "the app "+id+" to be added", func() bool {
		got := apps(t, n.servers[0], fmt.Sprintf(`{"secret":"%s-secret"}`, id), args...)
		return got.status == 0 || got.status == conflict
	})
}

// direct asks the store past all servers.
func (n *nodes) direct(t *testing.T, args ...string) ran {
	t.Helper()
	return apps(t, n.servers[0], "", append(args, "--direct", "--plugin-dir", built.PluginDir())...)
}

// change changes an app past all servers, which have to hear of it from the store. One
// that has just begun to serve may be too slow at first.
func (n *nodes) change(t *testing.T, args ...string) {
	t.Helper()
	until(t, fmt.Sprint(args), func() bool { return n.direct(t, args...).status == 0 })
}

// limit has strict take so many clients, and all of them come.
func (n *nodes) limit(t *testing.T, most int) {
	t.Helper()
	n.change(t, "set", "strict", fmt.Sprint("max_connections=", most))
	for _, c := range n.crowds {
		c.fill(t, most)
	}
}

// outlast has the nodes live through an outage, and use the store again.
func (n *nodes) outlast(t *testing.T, o outage) {
	for _, c := range n.crowds {
		c.begin(t, n.failed)
	}
	o.begin()
	n.away(t, o.name)
	o.end()
	n.add(t, "late-"+o.name)
	for i, s := range n.servers {
		until(t, "an app that is new", func() bool { return enters(s, "late-"+o.name, 0) == nil })
		until(t, "an app to be unknown", func() bool { return enters(s, "nobody-"+o.name, 4001) == nil })
		n.crowds[i].finish(t)
	}
	select {
	case err := <-n.failed:
		t.Fatal(err)
	default:
	}
	n.limit(t, len(n.crowds[0].inside)+1)
	for i, s := range n.servers {
		n.crowds[i].alive(t, o.name)
		until(t, "the log to say that the driver is well", func() bool { return !degraded(s) })
	}
}

// away is the time without the store.
func (n *nodes) away(t *testing.T, how string) {
	end := time.NewTimer(awayFor)
	defer end.Stop()
	strangers := n.strangers(t, how)
	if n.store.survives {
		until(t, "the apps to be listed", func() bool { return n.direct(t, "list").status == 0 })
		n.add(t, "meanwhile-"+how)
	} else {
		n.direct(t, "list").want(t, 1, "database.")
	}
	select {
	case <-end.C:
	case err := <-n.failed:
		t.Fatal(err)
	}
	finish(t, strangers)
	for _, s := range n.servers {
		if !n.store.survives && !degraded(s) {
			t.Error("the log does not say that the driver is degraded")
		}
	}
}

// degraded is whether the log says last that the driver is degraded.
func degraded(s *launch.Server) bool {
	log := s.Log()
	return strings.Count(log, "driver is degraded") > strings.Count(log, "driver is well again")
}

// strangers ask each node for apps that it does not know. Of a store that is away
// nobody may hear that there is no such app.
func (n *nodes) strangers(t *testing.T, how string) (all []*labour) {
	codes, statuses := []int{4100}, []int{http.StatusServiceUnavailable}
	if n.store.survives {
		codes, statuses = append(codes, 4001), append(statuses, http.StatusNotFound)
	}
	for _, s := range n.servers {
		all = append(all, begin(t, 50*time.Millisecond, n.failed, func(i int64) error {
			id := fmt.Sprint("stranger-", how, i)
			return errors.Join(enters(s, id, codes...), publishes(s, id, statuses...))
		}))
	}
	return all
}
