package main

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
	"github.com/jackfield/jackfield/sdk/testserver"
)

func TestAppManagerKeepsTheContract(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			o := freshTable(start().URL)
			place(t, opened(t, o), item{attrID: text("broken"), attrKey: text("broken-key"), attrSecret: text("s"), attrPolicy: text("[]")})
			plugintest.AllWays(t, plugintest.BinaryConfig{
				Path: build.Path(t), Driver: "dynamodb", Options: asJSON(t, o),
				Suite: plugintest.AppManagerConfig{
					Open:        func(t *testing.T) contract.AppManager { return opened(t, o) },
					Broken:      "broken",
					Unreachable: func(t *testing.T) contract.AppManager { return away(t) },
				},
			})
		})
	}
}

// away returns an app manager whose server has ended.
func away(t *testing.T) *appManager {
	t.Helper()
	server := testserver.StartDynalite(t)
	m := opened(t, freshTable(server.URL))
	server.Kill()
	return m
}
