package main

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func TestAppManagerKeepsTheContract(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		m, o := fresh(t, p)
		if _, err := m.Create(t.Context(), app("broken")); err != nil {
			t.Fatal(err)
		}
		p.shared().SQL(t, o.Database, "UPDATE applications SET policy = '[]' WHERE id = 'broken'")
		plugintest.AllWays(t, plugintest.BinaryConfig{
			Path: build.Path(t), Driver: p.driver, Options: jsonOf(t, o),
			Suite: plugintest.AppManagerConfig{
				Open:        func(t *testing.T) contract.AppManager { return mustOpen(t, p, o) },
				Broken:      "broken",
				Unreachable: func(t *testing.T) contract.AppManager { return abandoned(t, p) },
			},
		})
	})
}

// abandoned opens an app manager whose server is then killed.
func abandoned(t *testing.T, p product) contract.AppManager {
	server := p.start(t)
	m := mustOpen(t, p, optionsFor(server, server.Database(t)))
	server.Kill()
	return m
}
