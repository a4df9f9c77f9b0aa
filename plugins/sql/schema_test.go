package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// journal is a logger that remembers; it may be used by several goroutines.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) logger() hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Output: j, Level: hclog.Info, DisableTime: true})
}

// count is how many lines hold all the words.
func (j *journal) count(words ...string) int {
	n := 0
	for line := range strings.Lines(j.String()) {
		all := true
		for _, word := range words {
			all = all && strings.Contains(line, word)
		}
		if all {
			n++
		}
	}
	return n
}

// grant makes a user who may do just that in the database.
func grant(t *testing.T, p product, database, user, rights, on string) {
	t.Helper()
	if p.driver == "mysql" {
		p.shared().SQL(t, database, fmt.Sprintf("CREATE USER %s IDENTIFIED BY 'pw'; GRANT %s ON %s TO %s;", user, rights, on, user))
		return
	}
	p.shared().SQL(t, database, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD 'pw'; GRANT %s ON %s TO %s;", user, rights, on, user))
}

// as is the options for another user.
func as(o options, user string) options {
	o.Username, o.Password = user, "pw"
	return o
}

// userName is a user that nobody else makes: users are of the server, not of the database.
func userName(o options) string { return "u" + o.Database[:10] }

func TestNodesThatStartAtOnceMakeOneTable(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := optionsFor(p.shared(), p.shared().Database(t))
		var group sync.WaitGroup
		var log journal
		errs := make([]error, 8)
		for i := range errs {
			group.Go(func() {
				m, err := p.open(context.Background(), o, sdk.Env{Logger: log.logger()})
				if err == nil {
					err = m.Close()
				}
				errs[i] = err
			})
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if n := log.count("changed the schema", "table applications, "); n != 1 {
			t.Errorf("the table was made %d times:\n%s", n, log.String())
		}
		if got := p.shared().SQL(t, o.Database, "SELECT version FROM applications_schema"); got != "1" {
			t.Errorf("versions %q", got)
		}
		before := log.String()
		mustOpen(t, p, o)
		if log.String() != before {
			t.Error("a complete table was changed once more")
		}
	})
}

func TestANodeThatFindsTheSchemaLockedComesAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		m, o := fresh(t, p)
		p.shared().SQL(t, o.Database, "DROP TABLE applications")
		err := m.db.alone(t.Context(), func(s session) error {
			if err := m.db.lock(t.Context(), s, "apps "+m.table.shown()); err != nil {
				return err
			}
			_, err := tryOpen(t, p, o, hclog.NewNullLogger())
			wantWords(t, err, contract.ErrOverloaded, []string{"table_name", "another node"})
			if contract.RetryAfter(err) == 0 {
				t.Error("the error does not say when to come again")
			}
			return m.db.unlock(t.Context(), s, "apps "+m.table.shown())
		})
		if err != nil {
			t.Fatal(err)
		}
		mustOpen(t, p, o)
	})
}

func TestAForeignTableGetsWhatItLacksAndKeepsItsRows(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := foreign(t, p, foreignRows)
		for _, column := range []string{"policy", "updated_at", "idempotency"} {
			p.shared().SQL(t, o.Database, "ALTER TABLE applications DROP COLUMN "+column)
		}
		m := mustOpen(t, p, o)
		rotated := app("flat")
		rotated.Key, rotated.Secrets = "flat-key", []contract.Secret{"new", "s"}
		if _, err := m.Update(t.Context(), rotated); err != nil {
			t.Fatal(err)
		}
		got, err := m.FindByKey(t.Context(), "flat-key")
		if err != nil || sameApp(got, rotated) != "" || got.Revision == 0 {
			t.Errorf("app %+v, %v", got, err)
		}
	})
}

// A user who may only read and write rows uses the table as it is, and hears
// once what is missing.
func TestWithoutTheRightToChangeTheTableItIsUsedAsItIs(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := foreign(t, p, foreignRows)
		user := userName(o)
		grant(t, p, o.Database, user, "SELECT, INSERT, UPDATE, DELETE", "applications")
		var log journal
		m, err := tryOpen(t, p, as(o, user), log.logger())
		if err != nil {
			t.Fatal(err)
		}
		if n := log.count("[WARN]", "may not change the table", "previous_secret"); n != 1 {
			t.Errorf("%d notices:\n%s", n, log.String())
		}
		flat, err := m.FindByID(t.Context(), "flat")
		if err != nil || sameApp(flat, foreignApps()["flat"]) != "" {
			t.Errorf("app %+v, %v", flat, err)
		}
		change := *flat
		change.Enabled = false
		if _, err := m.Update(t.Context(), &change); err != nil {
			t.Errorf("update: %v", err)
		}
		change.Secrets, change.Revision = []contract.Secret{"new", "s"}, 0
		if err := second(m.Update(t.Context(), &change)); !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), "previous_secret") {
			t.Errorf("a second secret: %v", err)
		}
		heard := watch(t, m)
		p.shared().SQL(t, o.Database, "DELETE FROM applications WHERE id = 'nulls'")
		plugintest.Until(t, "the deletion to be seen without triggers", func() bool { return heard.deleted("nulls") })
	})
}

func TestATableWithoutUpdatedAtWorksWithoutRevisions(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := foreign(t, p, foreignRows)
		p.shared().SQL(t, o.Database, "ALTER TABLE applications DROP COLUMN updated_at")
		user := userName(o)
		grant(t, p, o.Database, user, "SELECT, INSERT, UPDATE, DELETE", "applications")
		m := mustOpen(t, p, as(o, user))
		flat, err := m.FindByID(t.Context(), "flat")
		if err != nil || flat.Revision != 0 {
			t.Fatalf("app %+v, %v", flat, err)
		}
		if _, err := m.Update(t.Context(), flat); err != nil {
			t.Error(err)
		}
		if err := m.Watch(t.Context(), func(contract.AppChange) error { return nil }); !errors.Is(err, contract.ErrUnsupported) {
			t.Errorf("Watch = %v", err)
		}
	})
}

func TestATableThatOnlyMayBeReadIsRead(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := foreign(t, p, foreignRows)
		user := userName(o)
		grant(t, p, o.Database, user, "SELECT", "applications")
		m := mustOpen(t, p, as(o, user))
		if _, err := m.FindByKey(t.Context(), "nested-key"); err != nil {
			t.Error(err)
		}
		if err := second(m.Create(t.Context(), app("new"))); !errors.Is(err, contract.ErrAuth) {
			t.Errorf("create: %v", err)
		}
	})
}

// A column that is added while we run is seen: an app must not be read without
// its policy because the table had none before.
func TestAColumnThatIsAddedLaterIsRead(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := foreign(t, p, foreignRows)
		p.shared().SQL(t, o.Database, "ALTER TABLE applications DROP COLUMN policy")
		user := userName(o)
		grant(t, p, o.Database, user, "SELECT, INSERT, UPDATE, DELETE", "applications")
		m := mustOpen(t, p, as(o, user))
		for range 12 { // statements are prepared in several sessions
			if got, err := m.FindByID(t.Context(), "flat"); err != nil || *got.Limits.MaxConnections != 100 {
				t.Fatalf("before: %+v, %v", got, err)
			}
		}
		if err := second(m.Create(t.Context(), app("new"))); !errors.Is(err, contract.ErrUnsupported) {
			t.Errorf("create without the column policy: %v", err)
		}
		p.shared().SQL(t, o.Database, "ALTER TABLE applications ADD COLUMN policy "+map[string]string{"pgsql": "JSONB", "mysql": "JSON"}[p.driver]+
			`; UPDATE applications SET policy = '{"limits":{"max_connections":3}}' WHERE id = 'flat'`)
		for range 12 {
			if got, err := m.FindByID(t.Context(), "flat"); err != nil || *got.Limits.MaxConnections != 3 {
				t.Fatalf("after: %+v, %v", got, err)
			}
		}
	})
}

// Whoever keeps tenants in a table of their own shows them as a view.
func TestAViewOfAnotherTableIsRead(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := foreign(t, p, foreignRows)
		p.shared().SQL(t, o.Database, p.inSQL(`CREATE VIEW tenants AS SELECT id, "key", secret, enabled, policy, updated_at FROM applications`))
		o.TableName = "tenants"
		m := mustOpen(t, p, o)
		got, err := m.FindByKey(t.Context(), "nested-key")
		if err != nil || sameApp(got, foreignApps()["nested"]) != "" {
			t.Errorf("app %+v, %v", got, err)
		}
		heard := watch(t, m)
		p.shared().SQL(t, o.Database, "DELETE FROM applications WHERE id = 'flat'")
		plugintest.Until(t, "a change of the table below", func() bool { return heard.deleted("flat") })
	})
}

func TestTableNamesMayHaveASchema(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := optionsFor(p.shared(), p.shared().Database(t))
		schema := "other" + o.Database
		p.shared().SQL(t, o.Database, "CREATE SCHEMA "+schema)
		o.TableName = schema + ".Tenants"
		m := mustOpen(t, p, o)
		heard := watch(t, m)
		if _, err := m.Create(t.Context(), app("one")); err != nil {
			t.Fatal(err)
		}
		plugintest.Until(t, "the new app", func() bool { return heard.told("one") })
	})
}
