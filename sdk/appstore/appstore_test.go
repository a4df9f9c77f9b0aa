package appstore

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func TestAppManagerKeepsTheContract(t *testing.T) {
	broken := newMemory()
	broken.rows["broken"] = record{"id": `"broken"`, "key": `"broken-key"`, "secret": `"s"`, "policy": "[]"}
	plugintest.AppManager(t, plugintest.AppManagerConfig{
		Open:   func(t *testing.T) contract.AppManager { return managerOf(broken) },
		Broken: "broken",
	})
}

func managerOf(m *memory) *Manager[record] { return New[record](m, hclog.NewNullLogger()) }

func anApp(id string) *contract.App {
	return &contract.App{ID: id, Key: "key-" + id, Secrets: []contract.Secret{"s"}, Enabled: true}
}

// Of many apps that ask for one key at once, at most one gets it, and who is
// refused has what it had.
func TestOneKeyGoesToOneApp(t *testing.T) {
	for range 50 {
		m := managerOf(newMemory())
		if _, err := m.Create(t.Context(), anApp("renamed")); err != nil {
			t.Fatal(err)
		}
		var winners atomic.Int64
		var wg sync.WaitGroup
		for i := range 8 {
			app, write := anApp(fmt.Sprint(i)), m.Create
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
			t.Fatalf("%d apps have the key, %d were told so, %v", len(got), winners.Load(), err)
		}
		app, err := m.FindByID(t.Context(), "renamed")
		if err != nil || app.Key != "wanted" && app.Key != "key-renamed" {
			t.Fatalf("the app that was to be renamed: %+v, %v", app, err)
		}
	}
}

// What the index says is only where to look.
func TestTheRecordKnowsItsKeyBetterThanTheIndex(t *testing.T) {
	table := newMemory()
	m := managerOf(table)
	if _, err := m.Create(t.Context(), anApp("a")); err != nil {
		t.Fatal(err)
	}
	table.stale = []string{"a", "gone"}
	if _, err := m.FindByKey(t.Context(), "former"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a key that the index alone knows: %v", err)
	}
	second := anApp("b")
	second.Key = "former"
	if _, err := m.Create(t.Context(), second); err != nil {
		t.Errorf("it is free, but: %v", err)
	}
}

func TestAKeyOfTwoAppsIsNobodys(t *testing.T) {
	table := newMemory()
	for _, id := range []string{"a", "b"} {
		table.rows[id] = record{"id": `"` + id + `"`, "key": `"k"`, "secret": `"s"`}
	}
	_, err := managerOf(table).FindByKey(t.Context(), "k")
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "memory: apps") {
		t.Errorf("found by an ambiguous key: %v", err)
	}
}

func TestABrokenAppIsCountedAndLoggedAndCanBeRepaired(t *testing.T) {
	table, log := newMemory(), bytes.Buffer{}
	table.rows["a"] = record{"id": `"a"`, "key": `"k"`, "secret": `"s"`, "policy": "[]", "revision": "x"}
	m := New[record](table, hclog.New(&hclog.LoggerOptions{Output: &log}))
	page, err := m.List(t.Context(), "", 10)
	if err != nil || len(page.Apps) != 0 || m.Unreadable() != 1 || !strings.Contains(log.String(), "memory[a]: revision: is no number; policy: must be") {
		t.Errorf("page %+v, %v, log %s", page, err, log.String())
	}
	if _, err := m.Update(t.Context(), &contract.App{ID: "a", Key: "k", Secrets: []contract.Secret{"s"}}); err != nil {
		t.Errorf("repair: %v", err)
	}
	if _, err := m.FindByKey(t.Context(), "k"); err != nil {
		t.Errorf("after the repair: %v", err)
	}
}

func TestNamesUnderWhichNothingStands(t *testing.T) {
	m := managerOf(newMemory())
	for _, name := range []string{"", "\xff", strings.Repeat("x", MaxName+1)} {
		if _, err := m.FindByID(t.Context(), name); !errors.Is(err, contract.ErrNotFound) {
			t.Errorf("id %.5q: %v", name, err)
		}
		app := anApp("x")
		app.Key = name
		if _, err := m.Create(t.Context(), app); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("key %.5q was written: %v", name, err)
		}
	}
	if _, err := m.List(t.Context(), "\xff", 1); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("a token that is no text: %v", err)
	}
}

func TestAnAppThatOthersKeepChangingIsAConflict(t *testing.T) {
	table := newMemory()
	m := managerOf(table)
	if _, err := m.Create(t.Context(), anApp("a")); err != nil {
		t.Fatal(err)
	}
	table.busy = true
	if _, err := m.Update(t.Context(), anApp("a")); !errors.Is(err, contract.ErrConflict) {
		t.Errorf("Update: %v", err)
	}
	if err := m.Delete(t.Context(), "a", 0); !errors.Is(err, contract.ErrConflict) {
		t.Errorf("Delete: %v", err)
	}
}
