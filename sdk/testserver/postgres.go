package testserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// postgresPlaces is where Debian and others put the programs of PostgreSQL.
var postgresPlaces = []string{"/usr/lib/postgresql/*/bin", "/usr/libexec/postgresql*", "/usr/local/pgsql/bin"}

// Postgres is a PostgreSQL server.
type Postgres struct {
	*Process
	// Addr is host:port; Port the port alone.
	Addr string
	Port int
	// User is a superuser with this Password; both are needed to connect.
	User, Password string
	// Dir holds its data; the server may read what a test puts there.
	Dir string
}

// StartPostgres starts a PostgreSQL that cares about speed, not about its data
// after a loss of power. settings are parameters, such as "ssl=on".
func StartPostgres(tb TB, settings ...string) *Postgres {
	tb.Helper()
	const user = "postgres"
	p := &Postgres{Port: Port(tb), User: user, Password: "super", Dir: Dir(tb, user)}
	if err := p.initialize(); err != nil {
		tb.Fatalf("start PostgreSQL: %v", err)
		return nil
	}
	p.serve(tb, settings)
	return p
}

// StartPostgresStandby starts a server that follows a primary, of which it is a
// copy, and takes no changes.
func StartPostgresStandby(tb TB, primary *Postgres, settings ...string) *Postgres {
	tb.Helper()
	p := &Postgres{Port: Port(tb), User: primary.User, Password: primary.Password, Dir: Dir(tb, primary.User)}
	path, err := program("pg_basebackup", postgresPlaces...)
	if err == nil {
		from := fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s", primary.Port, primary.User, primary.Password)
		err = runAs(p.User, "pg_basebackup", path, "-D", p.data(), "-d", from, "-R", "-c", "fast", "--no-sync")
	}
	if err != nil {
		tb.Fatalf("start a standby of PostgreSQL: %v", err)
		return nil
	}
	p.serve(tb, settings)
	return p
}

// serve starts the server of a data directory.
func (p *Postgres) serve(tb TB, settings []string) {
	tb.Helper()
	p.Addr = address(p.Port)
	server, err := program("postgres", postgresPlaces...)
	if err != nil {
		tb.Fatalf("start PostgreSQL: %v", err)
		return
	}
	args := []string{"-D", p.data(), "-p", fmt.Sprint(p.Port), "-k", p.Dir}
	settings = append([]string{"listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=32MB"}, settings...)
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	p.Process = Start(tb, Command{Name: "PostgreSQL", Path: server, Args: args, Dir: p.Dir, User: p.User, Ready: p.answers})
}

func (p *Postgres) data() string { return filepath.Join(p.Dir, "data") }

// initialize makes the data directory.
func (p *Postgres) initialize() error {
	path, err := program("initdb", postgresPlaces...)
	if err != nil {
		return err
	}
	password := filepath.Join(p.Dir, "password")
	if err := os.WriteFile(password, []byte(p.Password), 0o644); err != nil {
		return err
	}
	return runAs(p.User, "initdb", path, "-D", p.data(), "-U", p.User, "-A", "scram-sha-256", "--pwfile="+password,
		"--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C.UTF-8")
}

func (p *Postgres) answers(ctx context.Context) error {
	path, err := program("pg_isready", postgresPlaces...)
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, path, "-q", "-h", "127.0.0.1", "-p", fmt.Sprint(p.Port)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pg_isready: %w %s", err, out)
	}
	return nil
}

// SQL runs statements as the superuser and returns the rows of their answers, a
// line each, columns separated by "|".
func (p *Postgres) SQL(tb TB, database, statements string) string {
	tb.Helper()
	return runSQL(tb, statements, "psql", []string{
		"-h", "127.0.0.1", "-p", fmt.Sprint(p.Port), "-U", p.User, "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1",
	}, "PGPASSWORD="+p.Password)
}

// Database makes an empty database with a name of its own.
func (p *Postgres) Database(tb TB) string {
	tb.Helper()
	name := databaseName()
	p.SQL(tb, "postgres", "CREATE DATABASE "+name)
	return name
}
