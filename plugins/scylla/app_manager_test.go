package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/appstore"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// A node that is killed in the middle is unavailable, never empty, and serves
// again without anybody's help. Meanwhile a call is one attempt, not many.
func TestTheStoreMayEndAndComeBack(t *testing.T) {
	n := cassandra()
	m := opened(t, freshTable(n.Addr))
	stored, err := m.Create(t.Context(), anApp("a"))
	if err != nil {
		t.Fatal(err)
	}
	n.Kill()
	plugintest.Until(t, "the node to be missed", func() bool { up, _ := m.nodes(); return up == 0 })
	before := m.calls.Load()
	for what, err := range map[string]error{
		"FindByID": second(m.FindByID(t.Context(), "a")), "FindByKey": second(m.FindByKey(t.Context(), "key-a")),
		"List": second(m.List(t.Context(), "", 10)), "Update": second(m.Update(t.Context(), stored)), "Health": m.Health(t.Context()),
	} {
		if !errors.Is(err, contract.ErrUnavailable) || !strings.Contains(err.Error(), "nodes: none of") {
			t.Errorf("%s while the store is away: %v", what, err)
		}
	}
	if calls := m.calls.Load() - before; calls != 4 {
		t.Errorf("%d calls were made for 4", calls)
	}
	n.Restart()
	plugintest.Until(t, "the store to be healthy", func() bool { return m.Health(t.Context()) == nil })
	got, err := m.FindByKey(t.Context(), "key-a")
	if err != nil || got.Revision != stored.Revision {
		t.Fatalf("afterwards: %+v, %v", got, err)
	}
	if _, err := m.Update(t.Context(), got); err != nil {
		t.Errorf("update afterwards: %v", err)
	}
}

// A node that is connected and says nothing costs a call its time, and the
// health less than that.
func TestASilentNodeIsATimeout(t *testing.T) {
	n := cassandra()
	m := opened(t, freshTable(n.Addr))
	n.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := m.FindByID(ctx, "a")
	health := m.Health(t.Context())
	n.Resume()
	if !errors.Is(err, contract.ErrTimeout) || !errors.Is(health, contract.ErrTimeout) {
		t.Errorf("FindByID: %v; Health: %v", err, health)
	}
	plugintest.Until(t, "the store to be healthy", func() bool { return m.Health(t.Context()) == nil })
}

func TestABrokenAppIsNamedAndLeftOutAndCanBeRepaired(t *testing.T) {
	var log bytes.Buffer
	m, err := openAppManager(t.Context(), freshTable(cassandra().Addr), sdk.Env{Logger: hclog.New(&hclog.LoggerOptions{Output: &log})})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	cql(t, m, `INSERT INTO %s (id, key, secret, policy, max_connections) VALUES ('a', 'k', 's', '{"limits":', 5)`)
	if _, err := m.Create(t.Context(), anApp("good")); err != nil {
		t.Fatal(err)
	}
	_, err = m.FindByKey(t.Context(), "k")
	for _, part := range []string{m.opts.table(), `row "a"`, "policy: is not valid JSON"} {
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("%v: does not say %s", err, part)
		}
	}
	page, err := m.List(t.Context(), "", 10)
	if err != nil || len(page.Apps) != 1 || page.Apps[0].ID != "good" {
		t.Errorf("list: %+v, %v", page, err)
	}
	if !strings.Contains(log.String(), "policy: is not valid JSON") || m.Unreadable() != 2 {
		t.Errorf("%d unreadable, log: %s", m.Unreadable(), log.String())
	}
	if _, err := m.Update(t.Context(), &contract.App{ID: "a", Key: "k", Secrets: []contract.Secret{"s"}}); err != nil {
		t.Errorf("repair: %v", err)
	}
	if _, err := m.FindByKey(t.Context(), "k"); err != nil {
		t.Errorf("after the repair: %v", err)
	}
}

// A row without a key is what an upsert leaves of a deleted app.
func TestARowWithoutAKeyCanBeReplacedAndRemoved(t *testing.T) {
	m := opened(t, freshTable(cassandra().Addr))
	for _, end := range []func() error{
		func() error { return second(m.Update(t.Context(), anApp("a"))) },
		func() error { return m.Delete(t.Context(), "b", 0) },
	} {
		cql(t, m, "UPDATE %s SET enabled = true WHERE id = 'a'")
		cql(t, m, "UPDATE %s SET enabled = true WHERE id = 'b'")
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	if _, err := m.FindByID(t.Context(), "b"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("the removed one: %v", err)
	}
}

// A row that is gone is not brought back by an update that saw it.
func TestAnUpdateDoesNotBringBackWhatIsGone(t *testing.T) {
	m := opened(t, freshTable(cassandra().Addr))
	for _, revision := range []string{"", ", revision"} {
		value := strings.Replace(revision, "revision", "5", 1)
		cql(t, m, "INSERT INTO %s (id, key, secret"+revision+") VALUES ('a', 'k', 's'"+value+")")
		before, _, err := m.Get(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		cql(t, m, "DELETE FROM %s WHERE id = 'a'")
		if _, err := m.Put(t.Context(), &contract.App{ID: "a", Key: "k", Secrets: []contract.Secret{"s"}}, before); !errors.Is(err, appstore.ErrChanged) {
			t.Errorf("put: %v", err)
		}
		if _, err := m.FindByID(t.Context(), "a"); !errors.Is(err, contract.ErrNotFound) {
			t.Errorf("it is back: %v", err)
		}
	}
}

func TestAKeyOfTwoAppsIsNobodys(t *testing.T) {
	m := opened(t, freshTable(cassandra().Addr))
	cql(t, m, "INSERT INTO %s (id, key, secret) VALUES ('a', 'k', 's')")
	cql(t, m, "INSERT INTO %s (id, key, secret) VALUES ('b', 'k', 's')")
	if _, err := m.FindByKey(t.Context(), "k"); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "have the same key") {
		t.Errorf("found by an ambiguous key: %v", err)
	}
}

func TestWhatIsNoTextIsNotFoundAndNotWritten(t *testing.T) {
	m := opened(t, freshTable(cassandra().Addr))
	for what, err := range map[string]error{
		"id": second(m.FindByID(t.Context(), "\xff")), "key": second(m.FindByKey(t.Context(), "\xff")),
		"long": second(m.FindByKey(t.Context(), strings.Repeat("x", appstore.MaxName+1))),
	} {
		if !errors.Is(err, contract.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	bad := anApp("x")
	bad.Key = "\xff"
	if _, err := m.Create(t.Context(), bad); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("created: %v", err)
	}
	if _, err := m.List(t.Context(), "\xff", 1); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("listed: %v", err)
	}
}

// Of many apps that ask for one key at once, at most one gets it.
func TestOneKeyGoesToOneApp(t *testing.T) {
	m := opened(t, freshTable(cassandra().Addr))
	if _, err := m.Create(t.Context(), anApp("renamed")); err != nil {
		t.Fatal(err)
	}
	var winners atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		app := anApp(string(rune('a' + i)))
		write := m.Create
		if i == 0 {
			app, write = anApp("renamed"), m.Update
		}
		app.Key = "wanted"
		wg.Go(func() {
			switch _, err := write(t.Context(), app); {
			case err == nil:
				winners.Add(1)
			case !errors.Is(err, contract.ErrConflict):
				t.Errorf("app %s: %v", app.ID, err)
			}
		})
	}
	wg.Wait()
	got, err := m.Owners(t.Context(), "wanted")
	if err != nil || int64(len(got)) != winners.Load() || winners.Load() > 1 {
		t.Errorf("%d apps have the key, %d were told so, %v", len(got), winners.Load(), err)
	}
	if _, err := m.FindByID(t.Context(), "renamed"); err != nil {
		t.Errorf("the app that was to be renamed: %v", err)
	}
}
