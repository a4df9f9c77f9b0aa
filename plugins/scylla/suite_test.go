package main

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func TestAppManagerKeepsTheContract(t *testing.T) {
	path, err := program()
	if err != nil {
		t.Fatalf("build the plugin: %v\n%s", err, path)
	}
	o := freshTable(cassandra().Addr)
	cql(t, opened(t, o), `INSERT INTO %s (id, "key", secret, policy) VALUES ('broken', 'broken-key', 's', '[]')`)
	plugintest.AllWays(t, plugintest.BinaryConfig{
		Path: path, Driver: "scylladb", Options: asJSON(t, o),
		Suite: plugintest.AppManagerConfig{
			Open:   func(t *testing.T) contract.AppManager { return opened(t, o) },
			Broken: "broken",
		},
	})
}
