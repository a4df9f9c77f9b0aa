package testserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
)

// MariaDB is a MariaDB server.
type MariaDB struct {
	*Process
	// Addr is host:port; Port the port alone.
	Addr string
	Port int
	// User may do everything and needs no Password.
	User, Password string
	// Dir holds its data; the server may read what a test puts there.
	Dir string
}

// StartMariaDB starts a MariaDB that cares about speed, not about its data after
// a loss of power. settings are options without dashes, such as "ssl-ca=ca.pem".
func StartMariaDB(tb TB, settings ...string) *MariaDB {
	tb.Helper()
	const user = "mysql"
	m := &MariaDB{Port: Port(tb), User: "root", Dir: Dir(tb, user)}
	m.Addr = address(m.Port)
	server, err := program("mariadbd")
	if err == nil {
		err = m.initialize(user)
	}
	if err != nil {
		tb.Fatalf("start MariaDB: %v", err)
		return nil
	}
	args := []string{
		"--no-defaults", "--datadir=" + m.data(), "--port=" + fmt.Sprint(m.Port), "--bind-address=127.0.0.1",
		m.tmpdir(), "--socket=" + filepath.Join(m.Dir, "s.sock"), "--pid-file=" + filepath.Join(m.Dir, "pid"), "--skip-log-bin",
		"--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=32M", "--skip-name-resolve",
	}
	for _, setting := range settings {
		args = append(args, "--"+setting)
	}
	m.Process = Start(tb, Command{Name: "MariaDB", Path: server, Args: args, Dir: m.Dir, User: user, Ready: m.answers})
	return m
}

func (m *MariaDB) data() string { return filepath.Join(m.Dir, "data") }

// initialize makes the data directory. A server that starts removes the temporary
// tables that it finds, so each has a place of its own for them.
func (m *MariaDB) initialize(user string) error {
	path, err := program("mariadb-install-db")
	if err != nil {
		return err
	}
	return runAs(user, "mariadb-install-db", path, "--no-defaults", "--datadir="+m.data(),
		m.tmpdir(), "--auth-root-authentication-method=normal", "--skip-test-db")
}

// tmpdir keeps temporary tables where no other server, which removes what it finds
// when it starts, looks for its own.
func (m *MariaDB) tmpdir() string { return "--tmpdir=" + m.Dir }

// answers reports whether the server greets those who connect.
func (m *MariaDB) answers(ctx context.Context) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", m.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline)
	}
	const header, version = 4, 10
	greeting, err := bufio.NewReader(c).Peek(header + 1)
	switch {
	case err != nil:
		return err
	case greeting[header] != version:
		return errors.New("it does not take connections")
	}
	return nil
}

// SQL runs statements as root and returns the rows of their answers, a line
// each, columns separated by tabs.
func (m *MariaDB) SQL(tb TB, database, statements string) string {
	tb.Helper()
	return runSQL(tb, statements, "mariadb", []string{
		"--no-defaults", "-h", "127.0.0.1", "-P", fmt.Sprint(m.Port), "-u", m.User, "-D", database,
		"-N", "-B", "--default-character-set=utf8mb4",
	}, "MYSQL_PWD="+m.Password)
}

// Database makes an empty database with a name of its own.
func (m *MariaDB) Database(tb TB) string {
	tb.Helper()
	name := databaseName()
	m.SQL(tb, "mysql", "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	return name
}
