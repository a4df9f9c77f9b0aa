package faults

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// inline are servers on a store whose configuration has apps too.
func (s *stores) inline(register any) launch.Options {
	opts := s.options(nil)
	manager := opts.Config["app_manager"].(map[string]any)
	if register != nil {
		manager["register_inline"] = register
	}
	app := func(id, key string) map[string]any {
		return map[string]any{"id": id, "key": key, "secret": "s", "enabled": true}
	}
	manager["array"] = map[string]any{"apps": []any{
		app(launch.Demo.ID, launch.Demo.Key), // in the store with another secret
		app("fresh", "fresh-key"),
		app("taken", "taken-key"), // the key of another app in the store
	}}
	s.put(launch.App{ID: "owner", Key: "taken-key", Secret: "s"}, 1, nil)
	return opts
}

func (s *stores) holds(id string) string {
	text, _ := os.ReadFile(filepath.Join(s.app, id+".json"))
	return string(text)
}

func TestInlineAppsEnterAStoreOnlyWhenAsked(t *testing.T) {
	t.Run("not asked", func(t *testing.T) {
		st := newStores(t)
		s := built.Start(t, st.inline(nil))
		wantCode(t, s.Port, "fresh-key", 4001)
		if n := strings.Count(s.Log(), "the apps of the configuration are ignored"); n != 1 || st.holds("fresh") != "" {
			t.Errorf("told %d times, the store holds %q", n, st.holds("fresh"))
		}
	})
	t.Run("switched off", func(t *testing.T) {
		st := newStores(t)
		s := built.Start(t, st.inline(false))
		if strings.Contains(s.Log(), "are ignored") || st.holds("fresh") != "" {
			t.Error("they are not just left out")
		}
	})
	t.Run("asked", func(t *testing.T) {
		st := newStores(t)
		before := st.holds(launch.Demo.ID)
		s := built.Start(t, st.inline(true))
		if _, err := dial(s.Port, "fresh-key"); err != nil {
			t.Error(err)
		}
		if st.holds(launch.Demo.ID) != before || !strings.Contains(s.Log(), "the store's counts: app=app-id") {
			t.Error("an app that is in the store was changed, or the log does not tell that it differs")
		}
		if st.holds("taken") != "" || !strings.Contains(s.Log(), "another app in the store has its key: app=taken") {
			t.Error("an app with the key of another one was added, or the log does not tell that it was not")
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		stored := st.holds("fresh")
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		if st.holds("fresh") != stored || strings.Contains(s.Log(), "the store's counts: app=fresh") {
			t.Error("the next start changed the app, or says that it differs")
		}
	})
}

func TestInlineAppsAndAStoreThatCannotBeWritten(t *testing.T) {
	buildTeststore(t)
	config := func(register any) launch.Options {
		return launch.Options{Config: map[string]any{
			"app_manager": map[string]any{
				"driver": "teststore", "teststore": map[string]any{"key": "k"}, "register_inline": register,
				"array": map[string]any{"apps": []any{map[string]any{"id": "1", "key": "k1", "secret": "s", "enabled": true}}},
			},
			"cache": map[string]any{"driver": "none"}, "queue": map[string]any{"driver": "none"},
		}}
	}
	s := built.Start(t, config(false))
	if err := errors.Join(s.Stop(), s.Configure(config(true))); err != nil {
		t.Fatal(err)
	}
	const says = "cannot store apps; leave it out, or set it to false"
	if err := s.Restart(); err == nil || !strings.Contains(s.Log(), says) {
		t.Errorf("start: %v; the log does not say %s", err, says)
	}
}
