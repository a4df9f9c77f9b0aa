package config

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// connection is a Redis as a plugin is told: where it is and how to get in.
type connection struct {
	Mode             string    `json:"mode"`      // standalone, sentinel or cluster
	Addresses        []string  `json:"addresses"` // host:port, or unix:///path; sentinels in mode sentinel
	DB               uint32    `json:"db,omitempty"`
	Username         string    `json:"username,omitempty"`
	Password         string    `json:"password,omitempty"`
	TLS              *redisTLS `json:"tls,omitempty"` // nil means plain
	MasterName       string    `json:"master_name,omitempty"`
	SentinelUsername string    `json:"sentinel_username,omitempty"`
	SentinelPassword string    `json:"sentinel_password,omitempty"`
	SentinelTLS      *redisTLS `json:"sentinel_tls,omitempty"`
	PoolSize         uint32    `json:"pool_size"`
	Source           string    `json:"source"` // the key that named the address, for messages
}

// redisTLS is TLS to a Redis or a sentinel.
type redisTLS struct {
	AcceptInvalidCerts bool   `json:"accept_invalid_certs,omitempty"`
	CAPath             string `json:"ca_path,omitempty"`
	ClientCertPath     string `json:"client_cert_path,omitempty"`
	ClientKeyPath      string `json:"client_key_path,omitempty"`
}

// parseRedisURL reads redis://, rediss:// and unix:// URLs. No error repeats
// the URL, for it may hold a password.
func parseRedisURL(text string) (connection, error) {
	u, err := url.Parse(text)
	if err != nil {
		return connection{}, errors.New("must be a URL such as redis://user:password@host:6379/0")
	}
	c := connection{Mode: "standalone", Username: u.User.Username()}
	c.Password, _ = u.User.Password()
	db := strings.Trim(u.Path, "/")
	switch u.Scheme {
	case "unix":
		c.Addresses, db = []string{"unix://" + u.Path}, ""
	case "redis", "rediss":
		node, err := parseNodeURL(text)
		if err != nil {
			return c, errors.New("must have a host, and a port from 1 to 65535 if any")
		}
		c.Addresses = []string{node.String()}
		if node.TLS {
			c.TLS = &redisTLS{}
		}
	default:
		return c, errors.New("must begin with redis://, rediss:// or unix://")
	}
	if number := u.Query().Get("db"); number != "" {
		db = number
	}
	return c, c.setDB(db)
}

func (c *connection) setDB(db string) error {
	if db == "" {
		return nil
	}
	n, err := strconv.ParseUint(db, 10, 31)
	if err != nil {
		return errors.New("must end in the number of a database, for example /0")
	}
	c.DB = uint32(n)
	return nil
}
