package main

import (
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// binary builds the plugin as it is released, once per run.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "memory")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

// allWays runs a suite on the driver, over gRPC and against the program.
func allWays(t *testing.T, suite plugintest.Suite, options string) {
	path, err := binary()
	if err != nil {
		t.Fatalf("build the plugin: %v\n%s", err, path)
	}
	plugintest.AllWays(t, plugintest.BinaryConfig{
		Path: path, Suite: suite, Driver: "memory", Options: []byte(options),
	})
}

func TestAppManagerKeepsTheContract(t *testing.T) {
	allWays(t, plugintest.AppManagerConfig{
		Open:   func(t *testing.T) contract.AppManager { return newApps(t, `[]`) },
		Bubble: true,
	}, `{"apps":[]}`)
}

func TestCacheKeepsTheContract(t *testing.T) {
	allWays(t, plugintest.CacheConfig{
		Open: func(t *testing.T) contract.Cache {
			return newCache(t, func(o *cacheOptions) { o.MaxCapacity = 30_000 })
		},
		Bubble:     true,
		DefaultTTL: 300 * time.Second,
	}, `{"max_capacity":30000}`)
}

func TestQueueKeepsTheContract(t *testing.T) {
	allWays(t, plugintest.QueueConfig{
		Open:    func(t *testing.T) contract.Queue { return newQueue(t, func(*queueOptions) {}) },
		Bubble:  true,
		BackOff: 1200 * time.Millisecond,
	}, `{}`)
}
