package testserver

import (
	"context"
	"strings"
	"testing"
	"time"
)

// database is what both servers can do.
type database interface {
	SQL(tb TB, database, statements string) string
	Database(tb TB) string
	Kill()
	Restart()
	Pause()
	Resume()
	answers(ctx context.Context) error
}

func TestDatabasesKeepTheirDataOverAKill(t *testing.T) {
	for name, start := range map[string]func() database{
		"PostgreSQL": func() database { return StartPostgres(t) },
		"MariaDB":    func() database { return StartMariaDB(t) },
	} {
		t.Run(name, func(t *testing.T) {
			server := start()
			db := server.Database(t)
			server.SQL(t, db, "CREATE TABLE t (n INT); INSERT INTO t VALUES (1), (2);")
			server.Kill()
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := server.answers(ctx); err == nil {
				t.Error("it answers although it was killed")
			}
			server.Restart()
			if got := server.SQL(t, db, "SELECT n FROM t ORDER BY n"); got != "1\n2" {
				t.Errorf("rows after the restart: %q", got)
			}
			server.Pause()
			server.Resume()
			server.SQL(t, db, "SELECT 1")
		})
	}
}

// A MariaDB that starts removes the temporary tables of others in the same place.
func TestEachMariaDBHasTemporaryTablesOfItsOwn(t *testing.T) {
	m := StartMariaDB(t)
	if got := strings.TrimSpace(m.SQL(t, "mysql", "SELECT @@tmpdir")); got != m.Dir {
		t.Errorf("temporary tables stand in %q, want %q", got, m.Dir)
	}
}
