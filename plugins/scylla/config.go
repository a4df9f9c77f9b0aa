package main

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/jackfield/jackfield/sdk/contract"
)

// options are the keys under database.scylladb.
type options struct {
	Nodes             []string        `json:"nodes" jsonschema:"nodes to start from, each host or host:port; the others are learnt from them"`
	Keyspace          string          `json:"keyspace" jsonschema:"keyspace of the apps, created if it does not exist"`
	TableName         string          `json:"table_name" jsonschema:"table of the apps, created if it does not exist"`
	Username          string          `json:"username" jsonschema:"user; empty means none"`
	Password          contract.Secret `json:"password" jsonschema:"password of the user"`
	ReplicationClass  string          `json:"replication_class" jsonschema:"SimpleStrategy or NetworkTopologyStrategy, for a keyspace that has to be created"`
	ReplicationFactor uint32          `json:"replication_factor" jsonschema:"copies, for a keyspace that has to be created; with NetworkTopologyStrategy in each data centre"`
	Consistency       string          `json:"consistency" jsonschema:"copies that a look-up asks: one, local_one, quorum, local_quorum or all"`
	LocalDatacenter   string          `json:"local_datacenter" jsonschema:"data centre whose nodes are asked first; empty means all alike"`
	SSLMode           string          `json:"ssl_mode" jsonschema:"TLS: disable, require (whoever it is), verify-ca (of a known authority) or verify-full (and made out to the node)"`
	SSLCA             string          `json:"ssl_ca" jsonschema:"PEM file of authorities; empty means those of the system"`
	SSLCert           string          `json:"ssl_cert" jsonschema:"PEM file of our certificate"`
	SSLKey            string          `json:"ssl_key" jsonschema:"PEM file of its key"`
}

// Defaults sets what a configuration need not say.
func (o *options) Defaults() {
	*o = options{
		Nodes: []string{"127.0.0.1:9042"}, Keyspace: "jackfield", TableName: "applications",
		ReplicationClass: simpleStrategy, ReplicationFactor: 3, Consistency: "local_quorum", SSLMode: sslDisable,
	}
}

const (
	simpleStrategy  = "SimpleStrategy"
	networkStrategy = "NetworkTopologyStrategy"

	sslDisable    = "disable"
	sslRequire    = "require"
	sslVerifyCA   = "verify-ca"
	sslVerifyFull = "verify-full"

	defaultPort = 9042
	longestName = 48 // of keyspaces and tables
)

var (
	identifier    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	consistencies = map[string]gocql.Consistency{
		"one": gocql.One, "local_one": gocql.LocalOne, "quorum": gocql.Quorum, "local_quorum": gocql.LocalQuorum, "all": gocql.All,
	}
)

func (o *options) validate() error {
	var p contract.OptionErrors
	p.Unless(len(o.Nodes) > 0, "nodes", "must hold at least one node")
	for i, node := range o.Nodes {
		_, _, err := splitNode(node)
		p.Unless(err == nil, fmt.Sprintf("nodes[%d]", i), "must be host or host:port, is %q", node)
	}
	for _, name := range []struct{ key, value string }{{"keyspace", o.Keyspace}, {"table_name", o.TableName}} {
		p.Unless(identifier.MatchString(name.value) && len(name.value) <= longestName, name.key,
			"must be a letter and then letters, digits and _, at most %d, is %q", longestName, name.value)
	}
	p.Unless(o.Username != "" || o.Password == "", "username", "is missing beside the password")
	p.OneOf("replication_class", o.ReplicationClass, simpleStrategy, networkStrategy)
	p.Unless(o.ReplicationFactor > 0, "replication_factor", "must be at least 1, is 0")
	p.OneOf("consistency", o.Consistency, "one", "local_one", "quorum", "local_quorum", "all")
	p.OneOf("ssl_mode", o.SSLMode, sslDisable, sslRequire, sslVerifyCA, sslVerifyFull)
	p.Unless(o.SSLMode != sslDisable || o.SSLCA+o.SSLCert+o.SSLKey == "", "ssl_mode", "is disable, but ssl_ca, ssl_cert or ssl_key is set")
	p.Unless((o.SSLCert == "") == (o.SSLKey == ""), "ssl_cert", "and ssl_key belong together; set both or none")
	return p.Err()
}

// splitNode takes host and port of a node apart.
func splitNode(node string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(node)
	if err != nil {
		host, text, err = net.SplitHostPort(node + ":" + strconv.Itoa(defaultPort))
	}
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 || host == "" || strings.ContainsAny(host, " /@") {
		return "", 0, fmt.Errorf("no node: %q", node)
	}
	return host, port, nil
}

// table is the full name of the table in CQL. As without quotes, case does not matter.
func (o *options) table() string { return quoted(o.Keyspace) + "." + quoted(o.TableName) }

func quoted(name string) string { return `"` + strings.ToLower(name) + `"` }
