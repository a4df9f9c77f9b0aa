package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/appwatch"
	"github.com/jackfield/jackfield/sdk/contract"
)

// newApps opens an app manager with the apps of a JSON list.
func newApps(t *testing.T, list string) *appManager {
	t.Helper()
	m, err := openAppManager(context.Background(), appsOf(t, list), sdk.Env{Logger: hclog.NewNullLogger()})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func appsOf(t *testing.T, list string) appManagerOptions {
	t.Helper()
	var opts appManagerOptions
	if err := json.Unmarshal([]byte(`{"apps":`+list+`}`), &opts); err != nil {
		t.Fatal(err)
	}
	return opts
}

func app(id string) *contract.App {
	return &contract.App{ID: id, Key: "key-" + id, Secrets: []contract.Secret{"s"}, Enabled: true}
}

func TestConfiguredAppsAreFoundInEitherForm(t *testing.T) {
	m := newApps(t, `[
		{"id":"flat","key":"kf","secret":"s","enabled":true,"max_connections":"7"},
		{"id":"nested","key":"kn","secret":"s","policy":{"limits":{"max_connections":8}}}]`)
	for find, want := range map[string]struct {
		limit   uint32
		enabled bool
	}{"flat": {7, true}, "nested": {8, false}} {
		got, err := m.FindByID(t.Context(), find)
		if err != nil {
			t.Fatal(err)
		}
		if *got.Limits.MaxConnections != want.limit || got.Enabled != want.enabled || got.Revision == 0 {
			t.Errorf("app %s: limit %d, enabled %v, revision %d", find, *got.Limits.MaxConnections, got.Enabled, got.Revision)
		}
		byKey, err := m.FindByKey(t.Context(), got.Key)
		if err != nil || byKey != got {
			t.Errorf("by key %s: %v, %v", got.Key, byKey, err)
		}
	}
	if _, err := m.FindByID(t.Context(), "kf"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a key was found as an id: %v", err)
	}
}

func TestWrongAppsAreReportedAllAtOnce(t *testing.T) {
	const list = `[{"id":"1","key":"k","secret":"s"}, {"id":"","key":"k2","secret":"s","max_connections":"abc"},
		{"id":"1","key":"k3","secret":"s"}, {"id":"4","key":"k","secret":"s"}, {"id":"5","key":"k5"}]`
	_, err := openAppManager(context.Background(), appsOf(t, list), sdk.Env{Logger: hclog.NewNullLogger()})
	const want = `apps[1].id: must not be empty
apps[1].max_connections: must be a whole number, found "abc"
apps[2].id: must be unique, but "1" is also apps[0].id
apps[3].key: must be unique, but "k" is also apps[0].key
apps[4].secret: must not be empty`
	if err == nil || err.Error() != want || !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
}

func TestAppsAreListedByPages(t *testing.T) {
	m := newApps(t, `[]`)
	var want []string
	for i := range 7 {
		id := fmt.Sprint("app", i)
		want = append(want, id)
		if _, err := m.Create(t.Context(), app(id)); err != nil {
			t.Fatal(err)
		}
	}
	for _, limit := range []int{1, 3, 7, 1000} {
		var got []string
		for token, more := "", true; more; more = token != "" {
			page, err := m.List(t.Context(), token, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range page.Apps {
				got = append(got, a.ID)
			}
			token = page.Next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
		}
	}
	for _, limit := range []int{0, 1001} {
		if _, err := m.List(t.Context(), "", limit); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("List of %d: %v", limit, err)
		}
	}
}

func TestWritingAppsKeepsRevisionsAndKeysApart(t *testing.T) {
	m := newApps(t, `[{"id":"file","key":"kf","secret":"s"}]`)
	ctx := t.Context()
	one, err := m.Create(ctx, app("one"))
	if err != nil {
		t.Fatal(err)
	}
	taken := app("two")
	taken.Key = "kf"
	stale := app("one")
	stale.Revision = one.Revision - 1
	for what, err := range map[string]error{
		"an id that exists":         second(m.Create(ctx, app("one"))),
		"a key that exists":         second(m.Create(ctx, taken)),
		"a stale update":            second(m.Update(ctx, stale)),
		"a stale delete":            m.Delete(ctx, "one", 1),
		"a key of another's update": second(m.Update(ctx, &contract.App{ID: "one", Key: "kf", Secrets: one.Secrets})),
	} {
		if !errors.Is(err, contract.ErrConflict) {
			t.Errorf("%s: %v, want ErrConflict", what, err)
		}
	}
	if err := second(m.Update(ctx, app("nobody"))); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("update of nobody: %v", err)
	}
	if err := second(m.Create(ctx, &contract.App{ID: "x"})); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("create without key and secret: %v", err)
	}
	renamed := &contract.App{ID: "one", Key: "new-key", Secrets: one.Secrets, Revision: one.Revision}
	two, err := m.Update(ctx, renamed)
	if err != nil || two.Revision <= one.Revision {
		t.Fatalf("update: revision %d after %d, %v", two.Revision, one.Revision, err)
	}
	if _, err := m.FindByKey(ctx, "key-one"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("the old key: %v", err)
	}
	if err := m.Delete(ctx, "one", two.Revision); err != nil {
		t.Fatal(err)
	}
	three, err := m.Create(ctx, app("one"))
	if err != nil || three.Revision <= two.Revision {
		t.Errorf("created again: %v, %v", three, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAWrittenAppSharesNothingWithItsWriter(t *testing.T) {
	m := newApps(t, `[]`)
	mine := app("a")
	mine.AllowedOrigins = []string{"https://a.example"}
	if _, err := m.Create(t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	mine.AllowedOrigins[0] = "*"
	got, err := m.FindByID(t.Context(), "a")
	if err != nil || got.AllowedOrigins[0] != "https://a.example" {
		t.Errorf("origins %v, %v", got.AllowedOrigins, err)
	}
}

func TestWatchTellsChangesAndWhenSomeWereMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newApps(t, `[]`)
		ctx, stop := context.WithCancel(t.Context())
		seen, gate, ended := make(chan contract.AppChange), make(chan struct{}), make(chan error, 1)
		go func() {
			ended <- m.Watch(ctx, func(c contract.AppChange) error { <-gate; seen <- c; return nil })
		}()
		synctest.Wait()
		a, _ := m.Create(t.Context(), app("a"))
		synctest.Wait() // the watcher is busy with the first change
		for range appwatch.MaxPending + 1 {
			a, _ = m.Update(t.Context(), app("a"))
		}
		if err := m.Delete(t.Context(), "a", 0); err != nil {
			t.Fatal(err)
		}
		close(gate)
		got := []contract.AppChange{<-seen, <-seen, <-seen, <-seen}
		for i, want := range []string{"a", "", "a", "a"} {
			if got[i].ID != want {
				t.Errorf("change %d: %+v, want id %q", i, got[i], want)
			}
		}
		if !got[3].Deleted || got[3].Revision <= a.Revision {
			t.Errorf("the last change: %+v", got[3])
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch = %v", err)
		}
	})
}

func TestWatchEndsWithTheErrorOfTheListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newApps(t, `[]`)
		enough, ended := errors.New("enough"), make(chan error, 1)
		go func() { ended <- m.Watch(t.Context(), func(contract.AppChange) error { return enough }) }()
		synctest.Wait()
		_, _ = m.Create(t.Context(), app("a"))
		if err := <-ended; !errors.Is(err, enough) {
			t.Errorf("Watch = %v", err)
		}
		if m.watchers.Len() != 0 {
			t.Error("the watcher is still on the list")
		}
	})
}

func TestChangesOfAppsOutliveAnUpgradeUnlessTheConfigurationChanged(t *testing.T) {
	const before = `[{"id":"kept","key":"k1","secret":"s"},{"id":"updated","key":"k2","secret":"s"},{"id":"overruled","key":"k3","secret":"s"},
		{"id":"deleted","key":"k4","secret":"s"},{"id":"swap1","key":"x","secret":"s"},{"id":"swap2","key":"y","secret":"s"}]`
	const after = `[{"id":"kept","key":"k1","secret":"new"},{"id":"updated","key":"k2","secret":"s"},{"id":"overruled","key":"k3","secret":"new"},
		{"id":"deleted","key":"k4","secret":"s"},{"id":"swap1","key":"x","secret":"s"},{"id":"swap2","key":"y","secret":"s"},
		{"id":"file","key":"key-thief","secret":"s"}]`
	old, ctx := newApps(t, before), t.Context()
	write := func(id, key string) {
		t.Helper()
		if _, err := old.Update(ctx, &contract.App{ID: id, Key: key, Secrets: []contract.Secret{"run"}}); err != nil {
			t.Fatal(err)
		}
	}
	write("updated", "k2")
	write("overruled", "k3")
	write("swap1", "z")
	write("swap2", "x")
	write("swap1", "y")
	for _, id := range []string{"created", "thief", "fleeting"} {
		if _, err := old.Create(ctx, app(id)); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"deleted", "fleeting"} {
		if err := old.Delete(ctx, id, 0); err != nil {
			t.Fatal(err)
		}
	}
	next := newApps(t, after)
	moveAll(t, old, next)

	got := map[string]string{}
	for _, id := range next.ids {
		got[id] = next.byID[id].Key + " " + next.byID[id].Secret().Reveal()
	}
	want := map[string]string{
		"kept": "k1 new", "updated": "k2 run", "overruled": "k3 new", "swap1": "y run", "swap2": "x run",
		"file": "key-thief s", "created": "key-created s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("apps (-want +got):\n%s", diff)
	}
	if next.byID["updated"].Revision != old.byID["updated"].Revision {
		t.Error("an app changed its revision on the way")
	}
	if !slices.IsSorted(next.ids) || len(next.byKey) != len(next.byID) {
		t.Errorf("the indexes disagree: %v, %d keys", next.ids, len(next.byKey))
	}
	again := newApps(t, after)
	moveAll(t, next, again)
	if diff := cmp.Diff(next.ids, again.ids); diff != "" {
		t.Errorf("after a second upgrade (-want +got):\n%s", diff)
	}
}
