package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackfield/jackfield/sdk/contract"
)

// connectionOptions say where a Redis is and how to get in: the object
// `connection` in the options of every driver of this plugin.
type connectionOptions struct {
	Mode             string          `json:"mode" jsonschema:"standalone, sentinel or cluster"`
	Addresses        []string        `json:"addresses" jsonschema:"host:port or unix:///path; the sentinels in mode sentinel, nodes to start from in mode cluster"`
	DB               int64           `json:"db" jsonschema:"number of the database; always 0 in a cluster"`
	Username         string          `json:"username" jsonschema:"ACL user; empty means the default user"`
	Password         contract.Secret `json:"password" jsonschema:"password of the user; empty means none"`
	TLS              *tlsOptions     `json:"tls,omitempty" jsonschema:"TLS to Redis; absent means plain"`
	MasterName       string          `json:"master_name" jsonschema:"name of the master at the sentinels"`
	SentinelUsername string          `json:"sentinel_username" jsonschema:"ACL user at the sentinels"`
	SentinelPassword contract.Secret `json:"sentinel_password" jsonschema:"password at the sentinels"`
	SentinelTLS      *tlsOptions     `json:"sentinel_tls,omitempty" jsonschema:"TLS to the sentinels; absent means plain"`
	PoolSize         int64           `json:"pool_size" jsonschema:"most connections of each class to one server; 0 means 32"`
	Source           string          `json:"source" jsonschema:"the key of the configuration that named the address, for messages"`
}

// tlsOptions are one TLS hop.
type tlsOptions struct {
	AcceptInvalidCerts bool   `json:"accept_invalid_certs,omitempty" jsonschema:"do not check the server's certificate"`
	CAPath             string `json:"ca_path,omitempty" jsonschema:"PEM file of authorities; empty means those of the system"`
	ClientCertPath     string `json:"client_cert_path,omitempty" jsonschema:"PEM file of our certificate"`
	ClientKeyPath      string `json:"client_key_path,omitempty" jsonschema:"PEM file of its key"`
}

// The topologies.
const (
	modeStandalone = "standalone"
	modeSentinel   = "sentinel"
	modeCluster    = "cluster"
)

// defaultConnection is a Redis of this machine.
func defaultConnection() connectionOptions {
	return connectionOptions{Mode: modeStandalone, Addresses: []string{"127.0.0.1:6379"}, MasterName: "mymaster", PoolSize: usualPool}
}

// usualPool is the size of a pool that nobody chose.
const usualPool = 32

// poolSize is that of each class.
func (c *connectionOptions) poolSize() int {
	if c.PoolSize == 0 {
		return usualPool
	}
	return int(c.PoolSize)
}

// validate reports under connection what cannot be right whatever the server says.
func (c *connectionOptions) validate(p *contract.OptionErrors) {
	switch c.Mode {
	case modeStandalone, modeSentinel, modeCluster:
	default:
		p.Addf("connection.mode", "must be standalone, sentinel or cluster, is %q", c.Mode)
	}
	c.validateAddresses(p)
	p.Within("connection.db", c.DB, 0, 1<<31-1)
	p.Within("connection.pool_size", c.PoolSize, 0, 10_000)
	if c.Mode == modeCluster && c.DB != 0 {
		p.Addf("connection.db", "must be 0 in a cluster, is %d", c.DB)
	}
	if c.Mode == modeSentinel && c.MasterName == "" {
		p.Addf("connection.master_name", "must be the name that the sentinels know the master by")
	}
	c.TLS.validate("connection.tls", p)
	c.SentinelTLS.validate("connection.sentinel_tls", p)
}

func (c *connectionOptions) validateAddresses(p *contract.OptionErrors) {
	if len(c.Addresses) == 0 || c.Mode == modeStandalone && len(c.Addresses) > 1 {
		p.Addf("connection.addresses", "must be one address, or several in mode sentinel or cluster; there are %d", len(c.Addresses))
	}
	for i, a := range c.Addresses {
		if problem := addressProblem(a); problem != "" {
			p.Addf(fmt.Sprintf("connection.addresses[%d]", i), "%s", problem)
		}
	}
}

// addressProblem says what is wrong with an address. It does not repeat it: it
// may be a URL with a password.
func addressProblem(address string) string {
	if path, ok := strings.CutPrefix(address, "unix://"); ok {
		if !strings.HasPrefix(path, "/") {
			return "must have an absolute path after unix://"
		}
		return ""
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || strings.ContainsAny(host, "/@") {
		return "must be host:port or unix:///path"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "must end in a port from 1 to 65535"
	}
	return ""
}

// checkPrefix reports a prefix that is no text.
func checkPrefix(p *contract.OptionErrors, prefix string) {
	if len(prefix) > maxPrefix || !utf8.ValidString(prefix) {
		p.Addf("prefix", "must be at most %d bytes of UTF-8, has %d", maxPrefix, len(prefix))
	}
}

// maxPrefix is the longest prefix of keys.
const maxPrefix = 256
