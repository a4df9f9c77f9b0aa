package main

import (
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// binary builds the plugin as it is released, once per run.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "sql")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

func TestAppManagerKeepsTheContract(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatalf("build the plugin: %v\n%s", err, path)
	}
	onBoth(t, func(t *testing.T, p product) {
		m, o := fresh(t, p)
		if _, err := m.Create(t.Context(), app("broken")); err != nil {
			t.Fatal(err)
		}
		p.shared().SQL(t, o.Database, "UPDATE applications SET policy = '[]' WHERE id = 'broken'")
		plugintest.AllWays(t, plugintest.BinaryConfig{
			Path: path, Driver: p.driver, Options: jsonOf(t, o),
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
