package main

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func TestAppManagerKeepsTheContract(t *testing.T) {
	o := freshTable(cassandra().Addr)
	cql(t, opened(t, o), `INSERT INTO %s (id, "key", secret, policy) VALUES ('broken', 'broken-key', 's', '[]')`)
	plugintest.AllWays(t, plugintest.BinaryConfig{
		Path: build.Path(t), Driver: "scylladb", Options: asJSON(t, o),
		Suite: plugintest.AppManagerConfig{
			Open:   func(t *testing.T) contract.AppManager { return opened(t, o) },
			Broken: "broken",
		},
	})
}
