package faults

import (
	"strings"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

func TestReload(t *testing.T) {
	other := launch.App{ID: "other", Key: "other-key", Secret: "s"}
	config := map[string]any{"shutdown_grace_period": 1}
	s := built.Start(t, launch.Options{Apps: []launch.App{launch.Demo, other}, Config: config})
	stays, err := dial(s.Port, launch.Demo.Key)
	if err != nil {
		t.Fatal(err)
	}
	leaves, err := dial(s.Port, other.Key)
	if err != nil {
		t.Fatal(err)
	}
	reload := func(apps []launch.App, more map[string]any, says string) {
		t.Helper()
		if err := s.Configure(launch.Options{Apps: apps, Config: more}); err != nil {
			t.Fatal(err)
		}
		before := len(s.Log())
		if err := s.Reload(); err != nil {
			t.Fatal(err)
		}
		until(t, "the log to say "+says, func() bool { return strings.Contains(s.Log()[before:], says) })
	}
	added := launch.App{ID: "added", Key: "added-key", Secret: "s"}
	broken := map[string]any{"shutdown_grace_period": 1, "cors": map[string]any{"origin": "a b"}}
	reload([]launch.App{added}, broken, "nothing has changed")
	wantCode(t, s.Port, added.Key, 4001)

	changed := map[string]any{
		"shutdown_grace_period": 2, "event_limits": map[string]any{"max_payload_in_kb": 1}, "logging": map[string]any{"level": "debug"},
	}
	reload([]launch.App{launch.Demo, added}, changed,
		`changed=["app_manager.array.apps", "event_limits.max_payload_in_kb", "logging.level"] needs_restart=["shutdown_grace_period"]`)
	wantClosed(t, leaves, 4001)
	if _, err := dial(s.Port, added.Key); err != nil {
		t.Errorf("an app that was added: %v", err)
	}
	if status, _ := demoAPI(s).publish("room", "m", strings.Repeat("x", 2000)); status != 413 {
		t.Errorf("a publish over the new limit is answered %d", status)
	}
	if err := stays.subscribe("room"); err != nil {
		t.Errorf("a client of an app that stays: %v", err)
	}
}
