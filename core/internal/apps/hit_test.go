package apps

import (
	"context"
	"testing"
)

// held returns a registry that holds the app a.
func held(t testing.TB) *Registry {
	t.Helper()
	s := newStore(anApp("a", 1))
	r := New(Options{Manager: s})
	t.Cleanup(r.Close)
	if _, err := r.ByKey(context.Background(), "key-a"); err != nil {
		t.Fatal(err)
	}
	return r
}

// A hit goes on while every lock of the registry is taken.
func TestAHitTakesNoLock(t *testing.T) {
	r := held(t)
	h := r.Held("a")
	locks := []interface{ Lock() }{&r.changes, &r.absent.mu, &r.flights.mu, &r.guard.mu, &h.mu}
	unlocks := []interface{ Unlock() }{&r.changes, &r.absent.mu, &r.flights.mu, &r.guard.mu, &h.mu}
	for _, table := range []*table{r.ids, r.keys} {
		for i := range table.shards {
			locks, unlocks = append(locks, &table.shards[i].mu), append(unlocks, &table.shards[i].mu)
		}
	}
	for _, l := range locks {
		l.Lock()
	}
	mustFind(t, r.ByKey, "key-a")
	mustFind(t, r.ByID, "a")
	for _, l := range unlocks {
		l.Unlock()
	}
}
