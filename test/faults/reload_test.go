package faults

import (
	"errors"
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
		reloaded(t, s, launch.Options{Apps: apps, Config: more}, says)
	}
	added := launch.App{ID: "added", Key: "added-key", Secret: "s"}
	broken := map[string]any{"shutdown_grace_period": 1, "cors": map[string]any{"origin": "a b"}}
	reload([]launch.App{added}, broken, "nothing has changed")
	wantCode(t, s.Port, added.Key, 4001)

	changed := map[string]any{
		"shutdown_grace_period": 2, "event_limits": map[string]any{"max_payload_in_kb": 1}, "logging": map[string]any{"level": "debug"},
	}
	reload([]launch.App{launch.Demo, added}, changed,
		`changed=["app_manager.array.apps", "event_limits.max_payload_in_kb", "logging.level"] swapped_plugins=[] needs_restart=["shutdown_grace_period"]`)
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

// reloaded writes another configuration and waits for what the log says.
func reloaded(t *testing.T, s *launch.Server, opts launch.Options, says string) {
	t.Helper()
	before := len(s.Log())
	if err := errors.Join(s.Configure(opts), s.Reload()); err != nil {
		t.Fatal(err)
	}
	until(t, "the log to say "+says, func() bool { return strings.Contains(s.Log()[before:], says) })
}

// A plugin with other options takes the place of the old one, with its state, and
// no client notices.
func TestReloadSwapsPlugins(t *testing.T) {
	config := func(capacity int) launch.Options {
		return launch.Options{Config: map[string]any{
			"shutdown_grace_period": 1, "cache": map[string]any{"driver": "memory", "memory": map[string]any{"max_capacity": capacity}},
		}}
	}
	s := built.Start(t, config(100))
	c, err := dial(s.Port, launch.Demo.Key)
	if err != nil {
		t.Fatal(err)
	}
	if status, err := demoAPI(s).publish("cache-room", "m", "kept"); err != nil || status != 200 {
		t.Fatalf("publish: %d, %v", status, err)
	}
	before := children(s.PID())
	reloaded(t, s, config(200), `changed=["cache.memory.max_capacity"] swapped_plugins=["memory"] needs_restart=[]`)
	until(t, "the old process to end", func() bool {
		now := children(s.PID())
		return len(now) == 1 && now[0] != before[0]
	})
	if err := c.subscribe("cache-room"); err != nil {
		t.Fatal(err)
	}
	if e, err := c.next(); err != nil || e.Data != "kept" {
		t.Errorf("the cache has not moved: %v, %v", e, err)
	}
	now := children(s.PID())
	reloaded(t, s, config(200), "swapped_plugins=[] needs_restart=[]")
	if after := children(s.PID()); len(after) != 1 || after[0] != now[0] {
		t.Errorf("processes %v became %v although nothing changed", now, after)
	}
}

// Another store takes over without a restart; one that cannot be used does not.
func TestReloadSwapsTheAppStore(t *testing.T) {
	st, next := newStores(t), newStores(t)
	next.put(launch.App{ID: "new", Key: "new-key", Secret: "s"}, 1, nil)
	s := built.Start(t, st.options(nil))
	c, err := dial(s.Port, launch.Demo.Key)
	if err != nil {
		t.Fatal(err)
	}
	broken := next.options(nil)
	broken.Config["app_manager"].(map[string]any)["filestore"] = map[string]any{"dir": "/dev/null/x"}
	broken.Config["logging"] = map[string]any{"level": "debug"}
	reloaded(t, s, broken, "the configuration is not reloaded, nothing has changed")
	wantCode(t, s.Port, "new-key", 4001)
	if strings.Contains(s.Log(), "[DEBUG]") {
		t.Error("a part of a configuration that was refused counts")
	}
	reloaded(t, s, next.options(nil), `swapped_plugins=["filestore"]`)
	until(t, "the other store to be asked", func() bool { _, err := dial(s.Port, "new-key"); return err == nil })
	if err := c.subscribe("room"); err != nil {
		t.Errorf("a client of an app that both have: %v", err)
	}
}

// What the core reads as well waits for the next start, and all swaps with it.
func TestReloadThatNeedsARestart(t *testing.T) {
	config := func(capacity, lease int) launch.Options {
		return launch.Options{Config: map[string]any{
			"shutdown_grace_period": 1, "cache": map[string]any{"driver": "memory", "memory": map[string]any{"max_capacity": capacity}},
			"queue": map[string]any{"driver": "memory", "reliability": map[string]any{"lease_duration_ms": lease}},
		}}
	}
	s := built.Start(t, config(100, 30_000))
	before := children(s.PID())
	reloaded(t, s, config(200, 40_000),
		`changed=[] swapped_plugins=[] needs_restart=["queue.reliability.lease_duration_ms", "cache.memory.max_capacity"]`)
	if after := children(s.PID()); len(after) != 1 || after[0] != before[0] {
		t.Errorf("processes %v became %v", before, after)
	}
	reloaded(t, s, config(200, 30_000), `changed=["cache.memory.max_capacity"] swapped_plugins=["memory"] needs_restart=[]`)
}
