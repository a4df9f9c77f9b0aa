package main

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/appstore"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// A server that is killed in the middle is unavailable, never empty, and serves
// again without anybody's help.
func TestTheStoreMayEndAndComeBack(t *testing.T) {
	server := testserver.StartDynalite(t)
	m := opened(t, freshTable(server.URL))
	stored, err := m.Create(t.Context(), anApp("a"))
	if err != nil {
		t.Fatal(err)
	}
	server.Kill()
	for what, err := range map[string]error{
		"FindByID": second(m.FindByID(t.Context(), "a")), "FindByKey": second(m.FindByKey(t.Context(), "key-a")),
		"Update": second(m.Update(t.Context(), stored)), "Health": m.Health(t.Context()),
	} {
		if !errors.Is(err, contract.ErrUnavailable) {
			t.Errorf("%s while the store is away: %v", what, err)
		}
	}
	server.Restart()
	plugintest.Until(t, "the store to be healthy", func() bool { return m.Health(t.Context()) == nil })
	got, err := m.FindByKey(t.Context(), "key-a")
	if err != nil || got.Revision != stored.Revision {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
	if m.failures.Load() == 0 {
		t.Error("no failure was counted")
	}
}

// An item as another program writes it has no revision; changing it works, and
// what that program added stays.
func TestAnItemOfAnotherProgramIsTakenOver(t *testing.T) {
	m := opened(t, freshTable(dynalite().URL))
	place(t, m, with(item{"max_connections": n("5"), "team": text("x"), "enabled": flag(true)}))
	app, err := m.FindByKey(t.Context(), "k")
	if err != nil || app.Revision != 0 || *app.Limits.MaxConnections != 5 {
		t.Fatalf("found %+v, %v", app, err)
	}
	updated, err := m.Update(t.Context(), app)
	if err != nil || updated.Revision == 0 {
		t.Fatalf("updated %+v, %v", updated, err)
	}
	it, _, err := m.Get(t.Context(), "a")
	if err != nil || it.text("team") != "x" || it["max_connections"] != nil {
		t.Errorf("stands as %v, %v", it, err)
	}
	if again, err := m.FindByID(t.Context(), "a"); err != nil || *again.Limits.MaxConnections != 5 {
		t.Errorf("found again %+v, %v", again, err)
	}
}

func TestABrokenAppIsNamedAndLeftOutAndCanBeRepaired(t *testing.T) {
	var log bytes.Buffer
	m, err := openAppManager(t.Context(), freshTable(dynalite().URL), sdk.Env{Logger: hclog.New(&hclog.LoggerOptions{Output: &log})})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	place(t, m, with(item{"policy": text("[]"), "revision": text("x")}))
	if _, err := m.Create(t.Context(), anApp("good")); err != nil {
		t.Fatal(err)
	}
	_, err = m.FindByKey(t.Context(), "k")
	for _, part := range []string{`"` + m.opts.TableName + `"`, `item "a"`, "policy: must be an object, found a list", "revision: must be a number"} {
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("%v: does not say %s", err, part)
		}
	}
	page, err := m.List(t.Context(), "", 10)
	if err != nil || len(page.Apps) != 1 || page.Apps[0].ID != "good" {
		t.Errorf("list: %+v, %v", page, err)
	}
	if !strings.Contains(log.String(), "policy: must be an object") || m.Unreadable() != 2 {
		t.Errorf("%d unreadable, log: %s", m.Unreadable(), log.String())
	}
	if _, err := m.Update(t.Context(), &contract.App{ID: "a", Key: "k", Secrets: []contract.Secret{"s"}}); err != nil {
		t.Errorf("repair: %v", err)
	}
	if _, err := m.FindByKey(t.Context(), "k"); err != nil {
		t.Errorf("after the repair: %v", err)
	}
}

func TestAKeyOfTwoAppsIsNobodys(t *testing.T) {
	m := opened(t, freshTable(dynalite().URL))
	place(t, m, with(nil))
	place(t, m, with(item{"id": text("b")}))
	if _, err := m.FindByKey(t.Context(), "k"); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "have the same key") {
		t.Errorf("found by an ambiguous key: %v", err)
	}
}

func TestWhatIsNoTextIsNotFoundAndNotWritten(t *testing.T) {
	m := opened(t, freshTable(dynalite().URL))
	place(t, m, with(item{"id": text("\ufffd"), "key": text("\ufffd")}))
	for what, err := range map[string]error{
		"id": second(m.FindByID(t.Context(), "\xff")), "key": second(m.FindByKey(t.Context(), "\xff")),
		"update": second(m.FindByID(t.Context(), strings.Repeat("x", appstore.MaxName+1))),
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
	large := anApp("large")
	large.Secrets = []contract.Secret{contract.Secret(strings.Repeat("x", 500_000))}
	if _, err := m.Create(t.Context(), large); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("an app that is too large: %v", err)
	}
}

// Of many apps that ask for one key at once, at most one gets it.
func TestOneKeyGoesToOneApp(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			m := opened(t, freshTable(start().URL))
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
		})
	}
}

// An app is listed beyond the first page of a scan, which ends at a mebibyte.
func TestListGoesBeyondAMebibyte(t *testing.T) {
	m := opened(t, freshTable(dynalite().URL))
	ballast := text(strings.Repeat("x", 300_000))
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
		place(t, m, with(item{"id": text(id), "key": text("key-" + id), "ballast": ballast}))
	}
	found, pages := 0, 0
	for token, more := "", true; more; more = token != "" {
		page, err := m.List(t.Context(), token, 1000)
		if err != nil {
			t.Fatal(err)
		}
		found, pages, token = found+len(page.Apps), pages+1, page.Next
	}
	if found != 6 || pages < 2 {
		t.Errorf("%d apps in %d pages", found, pages)
	}
}

func TestATableThatIsGoneIsNotAnAppThatIsGone(t *testing.T) {
	m := opened(t, freshTable(dynalite().URL))
	if _, err := m.db.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &m.opts.TableName}); err != nil {
		t.Fatal(err)
	}
	plugintest.Until(t, "the table to be gone", func() bool { return errors.Is(m.Health(t.Context()), contract.ErrUnavailable) })
	if _, err := m.FindByID(t.Context(), "a"); !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("FindByID: %v", err)
	}
}
