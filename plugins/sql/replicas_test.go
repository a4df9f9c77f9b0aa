package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// followed opens an app manager on a server of its own, with a copy of the
// database on another server for a replica. What counts is who is asked, and when:
// the app "a" is enabled in the primary only, and "b" is in the primary only.
func followed(t *testing.T, p product) (m *appManager, primary realServer) {
	t.Helper()
	primary = p.start(t)
	o := optionsFor(primary, primary.Database(t))
	copied := optionsFor(p.shared(), o.Database)
	p.shared().SQL(t, map[string]string{"pgsql": "postgres", "mysql": "mysql"}[p.driver], "CREATE DATABASE "+o.Database)
	old := app("a")
	old.Enabled = false
	if _, err := mustOpen(t, p, copied).Create(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	o.ReadReplicas = []string{"127.0.0.1:1", fmt.Sprint("127.0.0.1:", copied.Port)}
	m = mustOpen(t, p, o)
	for _, id := range []string{"a", "b"} {
		if _, err := m.Create(t.Context(), app(id)); err != nil {
			t.Fatal(err)
		}
	}
	return m, primary
}

func TestReplicasAnswerWhileThePrimaryIsAway(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		m, primary := followed(t, p)
		enabled := func() bool {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			got, err := m.FindByID(ctx, "a")
			return err == nil && got.Enabled
		}
		for range 20 {
			if !enabled() {
				t.Fatal("a replica was asked while the primary answers")
			}
		}
		for _, away := range []struct{ begin, end func() }{{primary.Kill, primary.Restart}, {primary.Pause, primary.Resume}} {
			away.begin()
			plugintest.Until(t, "the primary to be away", func() bool { return !enabled() })
			wantReplica(t, m)
			away.end()
			plugintest.Until(t, "the primary to be asked again", enabled)
		}
	})
}

// wantReplica expects that a replica answers, and only what it knows.
func wantReplica(t *testing.T, m *appManager) {
	t.Helper()
	before := m.replicas.reads.Load()
	if got, err := m.FindByID(t.Context(), "a"); err != nil || got.Enabled {
		t.Errorf("an app that the replica has: %+v, %v", got, err)
	}
	if _, err := m.FindByID(t.Context(), "b"); !errors.Is(err, contract.ErrUnavailable) && !errors.Is(err, contract.ErrTimeout) {
		t.Errorf("an app that only the primary has: %v", err)
	}
	if page, err := m.List(t.Context(), "", 10); err != nil || len(page.Apps) != 1 {
		t.Errorf("list: %d apps, %v", len(page.Apps), err)
	}
	if err := second(m.Create(t.Context(), app("c"))); err == nil {
		t.Error("an app was created while the primary is away")
	}
	if m.replicas.reads.Load() == before {
		t.Error("reads of replicas are not counted")
	}
}

// A standby of PostgreSQL takes no changes and sends no notices.
func TestAStandbyOfPostgresServesWhatItHas(t *testing.T) {
	p := products[0]
	primary := testserver.StartPostgres(t)
	o := optionsFor(primary, primary.Database(t))
	on := mustOpen(t, p, o)
	if _, err := on.Create(t.Context(), app("a")); err != nil {
		t.Fatal(err)
	}
	standby := testserver.StartPostgresStandby(t, primary)
	alone := optionsFor(standby, o.Database)
	m := mustOpen(t, p, alone)
	heard := watch(t, m)
	if err := second(m.Create(t.Context(), app("b"))); !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("create on a standby: %v", err)
	}
	if _, err := on.Create(t.Context(), app("c")); err != nil {
		t.Fatal(err)
	}
	plugintest.Until(t, "a change of the primary", func() bool { return heard.told("c") })
	o.ReadReplicas = []string{standby.Addr}
	both := mustOpen(t, p, o)
	primary.Kill()
	plugintest.Until(t, "the standby to answer", func() bool {
		_, err := both.FindByKey(t.Context(), "key-c")
		return err == nil
	})
	if err := both.Health(t.Context()); err == nil || !strings.Contains(err.Error(), "1 read replica") {
		t.Errorf("health while the primary is away: %v", err)
	}
}
