package apps

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// copies is a shared cache that tells what was done with it.
type copies struct {
	mu    sync.Mutex
	apps  map[string]contract.App // by id
	good  time.Duration
	delay time.Duration
	calls []string
}

func (c *copies) Find(_ context.Context, name string, byKey bool) (*contract.App, time.Duration, bool) {
	c.note("find %s", query{name, byKey}.label())
	time.Sleep(c.delay)
	for _, a := range c.apps {
		if byKey && a.Key == name || !byKey && a.ID == name {
			return &a, c.good, true
		}
	}
	return nil, 0, false
}

func (c *copies) Put(app *contract.App) { c.note("put %s %d", app.ID, app.Revision) }

func (c *copies) Forget(id string, revision uint64) { c.note("forget %s %d", id, revision) }

func (c *copies) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, fmt.Sprintf(format, args...))
}

func (c *copies) check(t *testing.T, want ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if diff := cmp.Diff(want, c.calls); diff != "" {
		t.Error(diff)
	}
	c.calls = nil
}

func TestTheSharedCacheIsAskedBeforeTheStore(t *testing.T) {
	s := newStore(anApp("a", 1), anApp("b", 2))
	c := &copies{apps: map[string]contract.App{"a": anApp("a", 1)}, good: time.Minute}
	inBubble(t, s, Options{Shared: c, SoftTTL: 5 * time.Minute}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByKey, "key-a")
		s.checkQuestions(t, 0)
		c.check(t, "find key:key-a")
		mustFind(t, r.ByID, "b")
		mustFail(t, r.ByID, "c", ErrUnknown)
		s.checkQuestions(t, 2)
		c.check(t, "find id:b", "put b 2", "find id:c")

		time.Sleep(time.Minute) // the copy's age counts, and what is held is asked of the store
		mustFind(t, r.ByKey, "key-a")
		synctest.Wait()
		s.checkQuestions(t, 1)
		c.check(t, "put a 1")
	})
}

func TestTheSharedCacheServesWhileTheStoreIsAway(t *testing.T) {
	s := newStore()
	s.err = contract.ErrUnavailable
	c := &copies{apps: map[string]contract.App{"a": anApp("a", 1)}, good: time.Minute}
	inBubble(t, s, Options{Shared: c}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByKey, "key-a")
		mustFail(t, r.ByKey, "key-b", ErrUnavailable)
		time.Sleep(2 * time.Minute)
		mustFind(t, r.ByKey, "key-a")
	})
}

func TestACopyFromBeforeAChangeIsNotBelieved(t *testing.T) {
	s := newStore(anApp("a", 2))
	c := &copies{apps: map[string]contract.App{"a": anApp("a", 1)}, good: time.Minute, delay: 50 * time.Millisecond}
	inBubble(t, s, Options{Shared: c}, func(t *testing.T, r *Registry) {
		var wg sync.WaitGroup
		var h *Handle
		wg.Go(func() { h = mustFind(t, r.ByKey, "key-a") })
		synctest.Wait()
		wg.Go(func() { r.Changed(contract.AppChange{ID: "a", Revision: 2}) })
		wg.Wait()
		if got := h.Load().Record.Revision; got != 2 {
			t.Errorf("revision %d", got)
		}
	})
}

func TestChangesReachTheSharedCache(t *testing.T) {
	s := newStore(anApp("a", 1))
	c := &copies{}
	inBubble(t, s, Options{Shared: c, SoftTTL: time.Minute}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByID, "a")
		next := anApp("a", 2)
		r.Learn(&next)
		r.Changed(contract.AppChange{ID: "b", Revision: 7})
		r.Lose("c")
		c.check(t, "find id:a", "put a 1", "put a 2", "forget b 7", "forget c 0")
		s.set(func() { delete(s.apps, "a") })
		time.Sleep(time.Minute)
		mustFind(t, r.ByID, "a")
		synctest.Wait()
		c.check(t, "forget a 0")
	})
}

func TestAlwaysAskUsesNoSharedCache(t *testing.T) {
	s := newStore(anApp("a", 1))
	c := &copies{apps: map[string]contract.App{"a": anApp("a", 1)}, good: time.Minute}
	inBubble(t, s, Options{Shared: c, AlwaysAsk: true}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByID, "a")
		mustFind(t, r.ByID, "a")
		s.checkQuestions(t, 2)
		s.set(func() { s.err = contract.ErrUnavailable })
		mustFind(t, r.ByID, "a")
		c.check(t)
	})
}
