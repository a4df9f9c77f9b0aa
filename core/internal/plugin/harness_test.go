package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/sdk/contract"
)

// patience is how long tests wait for what must happen some time.
const patience = 90 * time.Second

// faultyDir makes a plugin directory with the faulty plugin, whose name says
// what it does wrong.
func faultyDir(t *testing.T, fault string) (dir, name string) {
	t.Helper()
	dir, name = t.TempDir(), "faulty-"+fault
	if err := os.Link(filepath.Join(programs, "faulty"), filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	return dir, name
}

// testOptions run the faulty plugin as a cache.
func testOptions(t *testing.T, fault string) (Options, *logBook) {
	t.Helper()
	dir, name := faultyDir(t, fault)
	book := new(logBook)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(book.String())
		}
	})
	return Options{
		Dir: dir, RunDir: shortDir(t), Logger: book.logger(), NodeID: "node-1",
		Plugins: map[string]PluginConfig{name: {Drivers: []string{"fake", "moving"}}},
		Choices: map[contract.Kind]Choice{contract.KindCache: {Driver: "fake"}},
	}, book
}

func startHost(t *testing.T, o Options) *Host {
	t.Helper()
	h, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopHost(t, h) })
	return h
}

// stopHost stops the host and makes sure that nothing of it is left.
func stopHost(t *testing.T, h *Host) {
	t.Helper()
	pids := map[int]bool{}
	for _, s := range h.Status() {
		pids[s.PID] = s.PID != 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	for pid, was := range pids {
		if was && alive(pid) {
			t.Errorf("process %d is left", pid)
		}
	}
	if h.runDir != nil {
		if _, err := os.Stat(h.runDir.path); !os.IsNotExist(err) {
			t.Errorf("the run directory is left: %v", err)
		}
	}
}

// startError starts a host that must not come up, and returns why.
func startError(t *testing.T, o Options) string {
	t.Helper()
	h, err := Start(t.Context(), o)
	if err == nil {
		stopHost(t, h)
		t.Fatal("the host came up")
	}
	left, readErr := os.ReadDir(o.RunDir)
	if readErr != nil {
		t.Fatal(readErr)
	}
	for _, e := range left {
		if e.IsDir() {
			t.Errorf("%s is left in the run directory", e.Name())
		}
	}
	return err.Error()
}

// mustSay checks that an error for people contains what they need.
func mustSay(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not say %q", text, part)
		}
	}
}

// alive is whether a process exists and is no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

// eventually waits until f is true.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	timeout := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("never came: %s", what)
		}
	}
}

func pidOf(h *Host) int { return h.Status()[0].PID }

// kill sends a signal to the plugin.
func kill(t *testing.T, pid int, s unix.Signal) {
	t.Helper()
	if err := unix.Kill(pid, s); err != nil {
		t.Fatalf("signal %v to %d: %v", s, pid, err)
	}
}

// get asks the faulty plugin's cache to do something.
func get(t *testing.T, h *Host, key string) string {
	t.Helper()
	value, err := h.Cache().Get(Patient(t.Context()), key)
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	return string(value)
}

// serves is whether the cache answers.
func serves(t *testing.T, h *Host) bool {
	t.Helper()
	_, err := h.Cache().Get(t.Context(), "absent")
	return errors.Is(err, contract.ErrNotFound)
}

// replaced is whether another process than pid answers.
func replaced(t *testing.T, h *Host, pid int) bool {
	t.Helper()
	answers := serves(t, h) // in any case: a hung process is found by its calls
	now := pidOf(h)
	return answers && now != 0 && now != pid
}

func jsonOptions(t *testing.T, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// everyKind are choices for all kinds that the faulty plugin serves.
func everyKind(t *testing.T) map[contract.Kind]Choice {
	return map[contract.Kind]Choice{
		contract.KindAppManager:  {Driver: "fake", Options: jsonOptions(t, map[string]any{"apps": []string{"one"}})},
		contract.KindCache:       {Driver: "fake"},
		contract.KindQueue:       {Driver: "fake"},
		contract.KindRateLimiter: {Driver: "fake"},
	}
}
