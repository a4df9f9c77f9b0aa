package main

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// options are the keys under database.postgres and database.mysql.
type options struct {
	Host         string          `json:"host" jsonschema:"host name, IP address, or path of a Unix socket"`
	Port         uint16          `json:"port" jsonschema:"port; 0 means the usual one of the database"`
	Username     string          `json:"username" jsonschema:"user"`
	Password     contract.Secret `json:"password" jsonschema:"password of the user"`
	Database     string          `json:"database" jsonschema:"database in which the table stands"`
	TableName    string          `json:"table_name" jsonschema:"table of the apps, after its schema and a dot if any"`
	PoolMin      uint32          `json:"pool_min" jsonschema:"sessions kept open"`
	PoolMax      uint32          `json:"pool_max" jsonschema:"most sessions, the listening one included"`
	SSLMode      string          `json:"ssl_mode" jsonschema:"disable, prefer, require, verify-ca or verify-full"`
	SSLCA        string          `json:"ssl_ca" jsonschema:"PEM file of authorities; empty means those of the system"`
	SSLCert      string          `json:"ssl_cert" jsonschema:"PEM file of our certificate"`
	SSLKey       string          `json:"ssl_key" jsonschema:"PEM file of its key"`
	ReadReplicas []string        `json:"read_replicas,omitempty" jsonschema:"replicas, each host or host:port, asked while the server above is away"`
}

// Defaults sets what a configuration need not say.
func (o *options) Defaults() {
	*o = options{Host: "localhost", TableName: "applications", PoolMin: 2, PoolMax: 10, SSLMode: sslPrefer}
}

// fill gives the settings that depend on the database their defaults.
func (o *options) fill(port uint16, user string) {
	if o.Port == 0 {
		o.Port = port
	}
	if o.Username == "" {
		o.Username = user
	}
}

// mostLetters bounds the parts of a table's name, so that names made of it fit.
const mostLetters = 48

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// validate reports everything that is wrong, as contract.OptionErrors.
func (o *options) validate() error {
	var p contract.OptionErrors
	checkHost(&p, "host", o.Host)
	p.Unless(o.Database != "", "database", "must not be empty; name the database in which the table stands")
	checkTable(&p, o.TableName)
	p.Within("pool_max", int64(o.PoolMax), 1, 10_000)
	p.Unless(o.PoolMin <= o.PoolMax, "pool_min", "must be at most pool_max (%d), is %d", o.PoolMax, o.PoolMin)
	for i, replica := range o.ReadReplicas {
		at := fmt.Sprintf("read_replicas[%d]", i)
		host, _, err := splitReplica(replica, o.Port)
		if err != nil {
			p.Addf(at, "must be host or host:port, is %q", replica)
			continue
		}
		checkHost(&p, at, host)
	}
	o.checkTLS(&p)
	return p.Err()
}

func checkHost(p *contract.OptionErrors, key, host string) {
	if host == "" || strings.ContainsAny(host, " @") {
		p.Addf(key, "must be a host name, an IP address or the path of a socket, is %q", host)
	}
}

func checkTable(p *contract.OptionErrors, name string) {
	parts := strings.Split(name, ".")
	wrong := func(part string) bool { return !identifier.MatchString(part) || len(part) > mostLetters }
	if len(parts) > 2 || slices.ContainsFunc(parts, wrong) {
		p.Addf("table_name", "must be letters, digits and _, at most %d, after a schema and a dot if any, is %q", mostLetters, name)
	}
}

// table returns the parts of the table's name; the schema may be "".
func (o *options) table() (schema, name string) {
	schema, name, found := strings.Cut(o.TableName, ".")
	if !found {
		return "", o.TableName
	}
	return schema, name
}

// addr is host:port, for people.
func (o *options) addr() string {
	if o.onSocket() {
		return o.Host
	}
	return net.JoinHostPort(o.Host, strconv.Itoa(int(o.Port)))
}

// onSocket is whether the host is a Unix socket.
func (o *options) onSocket() bool { return strings.HasPrefix(o.Host, "/") }

// replicas returns the options of each replica, which differ in host and port
// and in that no session is kept open.
func (o *options) replicas() []options {
	var all []options
	for _, replica := range o.ReadReplicas {
		r := *o
		r.Host, r.Port, _ = splitReplica(replica, o.Port)
		r.PoolMin, r.ReadReplicas = 0, nil
		all = append(all, r)
	}
	return all
}

func splitReplica(text string, port uint16) (string, uint16, error) {
	host, digits, err := net.SplitHostPort(text)
	if err != nil {
		return strings.Trim(text, "[]"), port, nil // no port, or an IPv6 address
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	return host, uint16(n), err
}
