package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// mistake is one that an operator can make: a change of good options, and the
// words that the error must hold.
type mistake struct {
	change func(*options)
	kind   error
	words  []string
}

// mistakes are those of reaching the server and of getting in; nobody is a user
// without rights.
func mistakes(t *testing.T, section, nobody string) map[string]mistake {
	return map[string]mistake{
		"a port where nobody listens": {
			func(o *options) { o.Port = uint16(testserver.Port(t)) },
			contract.ErrUnavailable,
			[]string{section + ".host, port", "nothing listens at 127.0.0.1:", "start the server, or correct"},
		},
		"a port where something else listens": {
			func(o *options) { o.Port = uint16(deafServer(t)) },
			contract.ErrUnavailable,
			[]string{section + ".host, port", "correct host and port"},
		},
		"a host that has no address": {
			func(o *options) { o.Host = "no-such-host.invalid" },
			contract.ErrUnavailable,
			[]string{section + ".host", `"no-such-host.invalid" has no address`, "correct the name"},
		},
		"a wrong password": {
			func(o *options) { o.Username, o.Password = nobody, "hunter2" },
			contract.ErrAuth,
			[]string{section + ".username, password", nobody, "correct name and password"},
		},
		"a user that does not exist": {
			func(o *options) { o.Username, o.Password = "stranger", "hunter2" },
			contract.ErrAuth,
			[]string{section + ".username, password", "stranger", "create the user"},
		},
		"a database that does not exist": {
			func(o *options) { o.Database = "nowhere" },
			contract.ErrInvalid,
			[]string{"database", `"nowhere"`, "CREATE DATABASE nowhere"},
		},
		"a user without rights": {
			func(o *options) { *o = as(*o, nobody) },
			contract.ErrAuth,
			[]string{section + ".username", nobody, "GRANT"},
		},
		"a user who may not read the table": {
			func(o *options) { *o = as(*o, nobody); o.TableName = "complete" },
			contract.ErrAuth,
			[]string{section + ".username", nobody, "complete", "GRANT"},
		},
		"a newer table": {
			func(o *options) { o.TableName = "newer" },
			contract.ErrInvalid,
			[]string{"table_name", "schema version 9", "newer plugin"},
		},
		"a table of something else": {
			func(o *options) { o.TableName = "some_table" },
			contract.ErrInvalid,
			[]string{"table_name", "some_table", "no column key"},
		},
		"TLS where there is none": {
			func(o *options) { o.SSLMode = sslRequire },
			contract.ErrUnavailable,
			[]string{section + ".ssl_mode", "has no TLS", "prefer or disable"},
		},
	}
}

// Each mistake is one error, which names the key and the cure and tells no secret.
func TestMistakesOfTheOperatorAreExplained(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		good := optionsFor(p.shared(), p.shared().Database(t))
		section := map[string]string{"pgsql": "database.postgres", "mysql": "database.mysql"}[p.driver]
		nobody := userName(good)
		p.shared().SQL(t, good.Database, "CREATE TABLE some_table (id VARCHAR(10))")
		grant(t, p, good.Database, nobody, "SELECT", "some_table")
		for _, name := range []string{"newer", "complete"} {
			o := good
			o.TableName = name
			mustOpen(t, p, o)
		}
		p.shared().SQL(t, good.Database, "UPDATE newer_schema SET version = 9")
		for name, mistake := range mistakes(t, section, nobody) {
			t.Run(name, func(t *testing.T) {
				o := good
				mistake.change(&o)
				_, err := tryOpen(t, p, o, hclog.NewNullLogger())
				wantWords(t, err, mistake.kind, mistake.words)
				if err != nil && strings.Contains(err.Error(), "hunter2") {
					t.Error("the error tells the password")
				}
			})
		}
	})
}

// deafServer takes connections and never answers.
func deafServer(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

func wantWords(t *testing.T, err, kind error, words []string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("error %v, want %v", err, kind)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error lacks %q: %v", word, err)
		}
	}
	t.Log(err)
}

func TestBadOptionsAreReportedAllAtOnce(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := options{
		Host: "a host", TableName: "apps; drop table apps", PoolMin: 3, PoolMax: 0, SSLMode: "maybe", SSLCA: empty,
		ReadReplicas: []string{"good:5432", "bad:port", "user@host"},
	}
	const want = `host: must be a host name, an IP address or the path of a socket, is "a host"
database: must not be empty; name the database in which the table stands
table_name: must be letters, digits and _, at most 48, after a schema and a dot if any, is "apps; drop table apps"
pool_max: must be from 1 to 10000, is 0
pool_min: must be at most pool_max (0), is 3
read_replicas[1]: must be host or host:port, is "bad:port"
read_replicas[2]: must be a host name, an IP address or the path of a socket, is "user@host"
ssl_mode: must be one of disable, prefer, require, verify-ca, verify-full, is "maybe"
ssl_ca: `
	err := o.validate()
	if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
	for key, change := range map[string]func(*options){
		"ssl_cert": func(o *options) { o.SSLCert = "cert.pem" },
		"ssl_ca":   func(o *options) { o.SSLCA = "/no/such/file" },
	} {
		var o options
		o.Defaults()
		o.Database = "d"
		change(&o)
		if err := o.validate(); err == nil || !strings.HasPrefix(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestReplicasAreHostsWithOrWithoutPort(t *testing.T) {
	o := options{Port: 5432, PoolMin: 2, ReadReplicas: []string{"a", "b:1", "::1", "[::1]:2", "/run/socket"}}
	want := []string{"a:5432", "b:1", "[::1]:5432", "[::1]:2", "/run/socket"}
	for i, r := range o.replicas() {
		if r.addr() != want[i] || r.PoolMin != 0 || r.ReadReplicas != nil {
			t.Errorf("replica %d: %s, %+v", i, r.addr(), r)
		}
	}
}

func TestDefaultsNeedADatabaseAndNothingElse(t *testing.T) {
	var o options
	o.Defaults()
	o.Database = "d"
	o.fill(5432, "postgres")
	if err := o.validate(); err != nil || o.addr() != "localhost:5432" || o.Username != "postgres" {
		t.Errorf("%+v, %v", o, err)
	}
	if text := fmt.Sprintf("%+v", options{Password: "hunter2"}); strings.Contains(text, "hunter2") {
		t.Errorf("options print their password: %s", text)
	}
}

func TestAUnixSocketIsAHostToo(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := optionsFor(p.shared(), p.shared().Database(t))
		switch s := p.shared().(type) {
		case *testserver.Postgres:
			o.Host = s.Dir
		case *testserver.MariaDB:
			o.Host = filepath.Join(s.Dir, "s.sock")
		}
		o.SSLMode = sslVerifyFull // means nothing there
		m := mustOpen(t, p, o)
		if _, err := m.Create(t.Context(), app("a")); err != nil {
			t.Error(err)
		}
		o.Host = "/no/such/socket"
		_, err := tryOpen(t, p, o, hclog.NewNullLogger())
		wantWords(t, err, contract.ErrUnavailable, []string{"nothing listens at /no/such/socket"})
	})
}
