package main

import (
	"context"
	"sync"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// ear is a watcher of a test.
type ear struct {
	mu      sync.Mutex
	changes []contract.AppChange
}

// watch listens until the test ends.
func watch(t *testing.T, m *appManager) *ear {
	t.Helper()
	e := &ear{}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = m.Watch(ctx, func(c contract.AppChange) error {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.changes = append(e.changes, c)
			return nil
		})
	}()
	t.Cleanup(func() { stop(); <-ended })
	plugintest.Until(t, "the watch to begin", func() bool {
		return m.watchers.Len() > 0 && m.figures.standing.Load()
	})
	return e
}

func (e *ear) any(fits func(contract.AppChange) bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.changes {
		if fits(c) {
			return true
		}
	}
	return false
}

func (e *ear) told(id string) bool {
	return e.any(func(c contract.AppChange) bool { return c.ID == id })
}

func (e *ear) deleted(id string) bool {
	return e.any(func(c contract.AppChange) bool { return c.ID == id && c.Deleted })
}

// forget forgets what was heard so far.
func (e *ear) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changes = nil
}

func TestChangesMadeBySQLAreNoticed(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		m, o := fresh(t, p)
		for _, id := range []string{"a", "b", "c"} {
			if _, err := m.Create(t.Context(), app(id)); err != nil {
				t.Fatal(err)
			}
		}
		heard := watch(t, m)
		before, err := m.FindByID(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		sql := func(text string) { p.shared().SQL(t, o.Database, text) }
		sql("UPDATE applications SET enabled = FALSE WHERE id = 'a'")
		plugintest.Until(t, "the update", func() bool {
			return heard.any(func(c contract.AppChange) bool { return c.ID == "a" && c.Revision > before.Revision })
		})
		sql("DELETE FROM applications WHERE id = 'b'")
		plugintest.Until(t, "the deletion", func() bool { return heard.deleted("b") })
		sql(p.inSQL(`INSERT INTO applications (id, "key", secret) VALUES ('d', 'key-d', 's')`))
		plugintest.Until(t, "the new row", func() bool { return heard.told("d") })
		sql("UPDATE applications SET id = 'e' WHERE id = 'd'")
		plugintest.Until(t, "the new id", func() bool { return heard.told("e") && heard.deleted("d") })
		sql("TRUNCATE TABLE applications")
		plugintest.Until(t, "the end of all", func() bool { return heard.told("") || heard.deleted("a") && heard.deleted("c") })
	})
}

// A foreign MySQL table has times in whole seconds: a second change within one
// of them changes nothing but what is not looked at.
func TestASecondChangeWithinASecondIsNoticed(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := foreign(t, p, foreignRows)
		m := mustOpen(t, p, o)
		heard := watch(t, m)
		p.shared().SQL(t, o.Database, "UPDATE applications SET enabled = FALSE WHERE id = 'flat'")
		plugintest.Until(t, "the first change", func() bool { return heard.told("flat") })
		heard.forget()
		p.shared().SQL(t, o.Database, "UPDATE applications SET enabled = TRUE WHERE id = 'flat'")
		plugintest.Until(t, "the second change", func() bool { return heard.told("flat") })
	})
}

// With one session there is none to listen with, and polling takes its place.
func TestAPoolOfOneSessionNoticesChangesToo(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := optionsFor(p.shared(), p.shared().Database(t))
		o.PoolMin, o.PoolMax = 1, 1
		m := mustOpen(t, p, o)
		heard := watch(t, m)
		if _, err := m.Create(t.Context(), app("one")); err != nil {
			t.Fatal(err)
		}
		plugintest.Until(t, "the new app", func() bool { return heard.told("one") })
		if err := m.Delete(t.Context(), "one", 0); err != nil {
			t.Fatal(err)
		}
		plugintest.Until(t, "the deletion", func() bool { return heard.deleted("one") })
	})
}

func TestWhatATriggerTellsIsRead(t *testing.T) {
	for payload, want := range map[string]contract.AppChange{
		`{"id" : "a", "revision" : 1764201600000000}`: {ID: "a", Revision: 1764201600000000},
		`{"id" : "a\"b", "deleted" : true}`:           {ID: `a"b`, Deleted: true},
		`{}`:                                          {}, `nonsense`: {}, `{"id": 5}`: {}, ``: {},
	} {
		if got := changeOf(payload); got != want {
			t.Errorf("%s: %+v", payload, got)
		}
	}
}
