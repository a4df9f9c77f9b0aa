package main

import (
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// sessionsOf is how many sessions a server has in a database.
func sessionsOf(t *testing.T, p product, o options) int {
	t.Helper()
	question, database := "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = '"+o.Database+"'", "mysql"
	if p.driver == "pgsql" {
		question, database = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = '"+o.Database+"'", "postgres"
	}
	n, err := strconv.Atoi(p.shared().SQL(t, database, question))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestThePoolKeepsItsBounds(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := optionsFor(p.shared(), p.shared().Database(t))
		o.PoolMin, o.PoolMax = 4, 6
		m := mustOpen(t, p, o)
		plugintest.Until(t, "the least number of sessions", func() bool { return sessionsOf(t, p, o) >= 4 })
		plugintest.Until(t, "the look-out", m.figures.standing.Load)
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() {
				for range 20 {
					if _, err := m.FindByID(t.Context(), "nobody"); !errors.Is(err, contract.ErrNotFound) {
						t.Error(err)
					}
				}
			})
		}
		if n := sessionsOf(t, p, o); n > 6 {
			t.Errorf("%d sessions, more than 6", n)
		}
		group.Wait()
		if n := sessionsOf(t, p, o); n < 4 || n > 6 {
			t.Errorf("%d sessions after the crowd, want 4 to 6", n)
		}
	})
}

func TestMetricsTellOfThePoolAndOfTheLookOut(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		m, o := fresh(t, p)
		watch(t, m)
		if _, err := m.Create(t.Context(), app("a")); err != nil {
			t.Fatal(err)
		}
		p.shared().SQL(t, o.Database, "UPDATE applications SET policy = '[]'")
		if _, err := m.FindByID(t.Context(), "a"); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("a broken app: %v", err)
		}
		value := func(name string) (sum float64) {
			for _, s := range m.Metrics() {
				if s.Name == name {
					sum += s.Value
				}
			}
			return sum
		}
		plugintest.Until(t, "the change to be counted", func() bool { return value("sql_app_changes_total") > 0 })
		for name, want := range map[string]float64{"sql_sessions_max": 10, "sql_watch_up": 1, "sql_unreadable_apps_total": 1, "sql_replica_reads_total": 0} {
			if got := value(name); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		if value("sql_sessions") < 1 {
			t.Error("no session is counted")
		}
	})
}

func TestABrokenAppIsLoggedOnceWithRowAndColumn(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := foreign(t, p, foreignRows)
		var log journal
		m, err := tryOpen(t, p, o, log.logger())
		if err != nil {
			t.Fatal(err)
		}
		sql := func(text string) { p.shared().SQL(t, o.Database, text) }
		sql(`UPDATE applications SET policy = '{"limits":{"max_connections":"many"}}' WHERE id = 'nested'`)
		for range 3 {
			app, err := m.FindByKey(t.Context(), "nested-key")
			if app != nil || !errors.Is(err, contract.ErrInvalid) {
				t.Fatalf("%+v, %v", app, err)
			}
			wantWords(t, err, contract.ErrInvalid, []string{`"nested"`, "column policy", "limits.max_connections"})
		}
		page, err := m.List(t.Context(), "", 10)
		if err != nil || len(page.Apps) != 2 {
			t.Errorf("the list beside a broken app: %d apps, %v", len(page.Apps), err)
		}
		if n := log.count("[ERROR]", "row=nested", "column=policy"); n != 1 {
			t.Errorf("%d lines:\n%s", n, log.String())
		}
		sql("UPDATE applications SET policy = NULL WHERE id = 'nested'")
		if _, err := m.FindByID(t.Context(), "nested"); err != nil {
			t.Error(err)
		}
		sql(`UPDATE applications SET allowed_origins = '{}' WHERE id = 'nested'`)
		_, err = m.FindByID(t.Context(), "nested")
		wantWords(t, err, contract.ErrInvalid, []string{`"nested"`, "column allowed_origins"})
		if n := log.count("[ERROR]", "row=nested", "column=allowed_origins"); n != 1 {
			t.Errorf("%d lines:\n%s", n, log.String())
		}
	})
}
