package faults

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// buildTeststore compiles the plugin and returns its path.
func buildTeststore(t *testing.T) string {
	t.Helper()
	program := built.Plugin("teststore")
	if out, err := exec.Command("go", "build", "-o", program, "./teststore").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// A third party's app store works with no change to the core. When it is away,
// known apps go on and an unknown key gets a close after which clients try
// again, never one that says that the app does not exist.
func TestAStoreThatIsAwayIsNotAnAppThatIsUnknown(t *testing.T) {
	t.Parallel()
	program := buildTeststore(t)
	s := built.Start(t, launch.Options{Config: map[string]any{
		"app_manager": map[string]any{"driver": "teststore", "teststore": map[string]any{"key": "app-key"}},
		"cache":       map[string]any{"driver": "none"}, "queue": map[string]any{"driver": "none"},
	}})
	stayer, err := dial(s.Port, "app-key")
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.Port, "other-key", 4001)
	if err := os.Rename(program, program+".away"); err != nil {
		t.Fatal(err)
	}
	for _, pid := range children(s.PID()) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	until(t, "the store to be seen as away", func() bool { return metric(t, s, "sockudo_plugin_up", `kind="app_manager"`) == 0 })
	wantCode(t, s.Port, "another-key", 4100)
	known, err := dial(s.Port, "app-key")
	if err != nil {
		t.Fatalf("a known app while the store is away: %v", err)
	}
	for _, c := range []*client{stayer, known} {
		if err := c.subscribe("room"); err != nil {
			t.Error(err)
		}
	}
	if err := os.Rename(program+".away", program); err != nil {
		t.Fatal(err)
	}
	until(t, "the store to be back", func() bool { return metric(t, s, "sockudo_plugin_up", `kind="app_manager"`) == 1 })
	wantCode(t, s.Port, "another-key", 4001)
}

func wantCode(t *testing.T, port int, key string, code int) {
	t.Helper()
	_, err := dial(port, key)
	if got, ok := errors.AsType[closed](err); !ok || got.code != code {
		t.Errorf("key %s: %v, want a close with %d", key, err, code)
	}
}
