package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// A copy of the database on another server stands in for a replica: what counts
// is who is asked, and when.
func TestReplicasAnswerWhileThePrimaryIsAway(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		primary := p.start(t)
		o := optionsFor(primary, primary.Database(t))
		copied := optionsFor(p.shared(), o.Database)
		p.shared().SQL(t, map[string]string{"pgsql": "postgres", "mysql": "mysql"}[p.driver], "CREATE DATABASE "+o.Database)
		on := mustOpen(t, p, copied)
		o.ReadReplicas = []string{"127.0.0.1:1", fmt.Sprint("127.0.0.1:", copied.Port)}
		m := mustOpen(t, p, o)
		for _, id := range []string{"a", "b"} {
			if _, err := m.Create(t.Context(), app(id)); err != nil {
				t.Fatal(err)
			}
		}
		old := app("a")
		old.Enabled = false
		if _, err := on.Create(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		enabled := func() bool {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			got, err := m.FindByID(ctx, "a")
			if err != nil {
				t.Fatal(err)
			}
			return got.Enabled
		}
		for range 20 {
			if !enabled() {
				t.Fatal("a replica was asked while the primary answers")
			}
		}
		for _, away := range []struct{ begin, end func() }{{primary.Kill, primary.Restart}, {primary.Pause, primary.Resume}} {
			away.begin()
			until(t, "a replica to answer", func() bool { return !enabled() })
			if _, err := m.FindByID(t.Context(), "b"); !errors.Is(err, contract.ErrUnavailable) && !errors.Is(err, contract.ErrTimeout) {
				t.Errorf("an app that only the primary has: %v", err)
			}
			if page, err := m.List(t.Context(), "", 10); err != nil || len(page.Apps) != 1 {
				t.Errorf("list: %d apps, %v", len(page.Apps), err)
			}
			if err := second(m.Create(t.Context(), app("c"))); err == nil {
				t.Error("an app was created while the primary is away")
			}
			away.end()
			until(t, "the primary to be asked again", enabled)
		}
		if m.replicas.reads.Load() == 0 {
			t.Error("reads of replicas are not counted")
		}
	})
}
