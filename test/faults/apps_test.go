package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/launch"
)

var buildFilestore = sync.OnceValues(func() ([]byte, error) {
	return exec.Command("go", "build", "-o", built.Plugin("filestore"), "./filestore").CombinedOutput()
})

// stores are an app store and a cache in files, which several servers may share.
type stores struct {
	t          *testing.T
	app, cache string // directories
}

// newStores makes a store that holds the demo app, at revision 1.
func newStores(t *testing.T) *stores {
	t.Helper()
	if out, err := buildFilestore(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := &stores{t, t.TempDir(), t.TempDir()}
	s.put(launch.Demo, 1, nil)
	return s
}

// put writes an app as another program would.
func (s *stores) put(app launch.App, revision int, fields map[string]any) {
	s.t.Helper()
	doc := map[string]any{"id": app.ID, "key": app.Key, "secret": app.Secret, "enabled": true}
	maps.Copy(doc, app.Fields)
	maps.Copy(doc, fields)
	text, err := json.Marshal(map[string]any{"revision": revision, "app": doc})
	if err == nil {
		err = os.WriteFile(filepath.Join(s.app, "new"), text, 0o600)
	}
	if err == nil {
		err = os.Rename(filepath.Join(s.app, "new"), filepath.Join(s.app, app.ID+".json"))
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// mode has a store be "down", "slow" or well ("").
func (s *stores) mode(dir, mode string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "mode"), []byte(mode), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// calls returns the questions to the app store, but for the one of the start.
func (s *stores) calls() []string {
	text, _ := os.ReadFile(filepath.Join(s.app, "calls"))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" || line == "id start-probe" })
}

// cached returns what stands in the cache under a key, "" for nothing.
func (s *stores) cached(key string) string {
	text, _ := os.ReadFile(filepath.Join(s.cache, strings.NewReplacer(":", "%3A", "#", "%23").Replace(key)))
	return string(text)
}

// options are those of a server on the stores; more sections may replace them.
func (s *stores) options(more map[string]any) launch.Options {
	config := map[string]any{
		"app_manager":           map[string]any{"driver": "filestore", "filestore": map[string]any{"dir": s.app}},
		"cache":                 map[string]any{"driver": "none"},
		"queue":                 map[string]any{"driver": "none"},
		"shutdown_grace_period": 1,
	}
	maps.Copy(config, more)
	return launch.Options{Config: config}
}

func demoAPI(s *launch.Server) *api {
	return newAPI(s.URL(), launch.Demo.ID, launch.Demo.Key, launch.Demo.Secret)
}

func mustPublish(t *testing.T, a *api, want int) {
	t.Helper()
	if status, err := a.publish("room", "m", "{}"); err != nil || status != want {
		t.Errorf("publish: %d, %v; want %d", status, err, want)
	}
}

// wantClosed reads until the close frame.
func wantClosed(t *testing.T, c *client, code int) {
	t.Helper()
	for {
		_, err := c.next()
		if got, ok := errors.AsType[closed](err); ok && got.code == code {
			return
		}
		if err != nil {
			t.Fatalf("got %v, want a close with %d", err, code)
		}
	}
}

func TestAColdAppCostsOneCallHoweverManyCome(t *testing.T) {
	st := newStores(t)
	s := built.Start(t, st.options(nil))
	st.mode(st.app, "slow")
	const n = 100
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { _, errs[i] = dial(s.Port, launch.Demo.Key) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, demoAPI(s), 200)
	if calls := st.calls(); len(calls) != 1 {
		t.Errorf("the store was asked %v", calls)
	}
}

func TestGuessedKeysHardlyReachTheStore(t *testing.T) {
	const guesses = 2000
	st := newStores(t)
	s := built.Start(t, st.options(nil))
	known, err := dial(s.Port, launch.Demo.Key)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var wg sync.WaitGroup
	var mu sync.Mutex
	answers := map[int]int{}
	for worker := range 16 {
		wg.Go(func() {
			for i := range guesses / 16 {
				a := newAPI(s.URL(), fmt.Sprintf("guess-%d-%d", worker, i), "key", "secret")
				status, _ := a.publish("room", "m", "{}")
				a.http.CloseIdleConnections()
				mu.Lock()
				answers[status]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if answers[404]+answers[503] != guesses {
		t.Errorf("answers by status: %v", answers)
	}
	const perSecond, burst, atWork = 100, 100, 64
	most := perSecond*int(time.Since(began)/time.Second+1) + burst + atWork
	if n := len(st.calls()); n > most {
		t.Errorf("%d of %d guesses reached the store, at most %d may", n, guesses, most)
	}
	if err := known.subscribe("room"); err != nil {
		t.Errorf("a client of a known app: %v", err)
	}
	if _, err := dial(s.Port, launch.Demo.Key); err != nil {
		t.Errorf("a new client of a known app: %v", err)
	}
}

func TestChangesInTheStoreAreSeen(t *testing.T) {
	st := newStores(t)
	s := built.Start(t, st.options(nil))
	a := demoAPI(s)
	c, err := dial(s.Port, launch.Demo.Key)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.Port, "new-key", 4001)
	st.put(launch.App{ID: "new", Key: "new-key", Secret: "s"}, 1, nil)
	until(t, "the new app to be there", func() bool { _, err := dial(s.Port, "new-key"); return err == nil })

	next := launch.Demo
	next.Secret = "new-secret"
	st.put(next, 2, nil)
	until(t, "the old secret to end", func() bool { status, _ := a.publish("room", "m", "{}"); return status == 401 })
	mustPublish(t, newAPI(s.URL(), next.ID, next.Key, next.Secret), 200)

	st.put(next, 3, map[string]any{"enabled": false})
	wantClosed(t, c, 4003)
	wantCode(t, s.Port, next.Key, 4003)
}

// Every way to an app while the store is down: what is known goes on, what is
// not is asked to come again, and never told that it does not exist.
func TestAStoreThatIsDown(t *testing.T) {
	for name, cache := range map[string]any{"copies": true, "every look-up asks": false} {
		t.Run(name, func(t *testing.T) {
			st := newStores(t)
			opts := st.options(nil)
			opts.Config["app_manager"].(map[string]any)["cache"] = map[string]any{"enabled": cache}
			s := built.Start(t, opts)
			c, err := dial(s.Port, launch.Demo.Key)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := dial(s.Port, launch.Demo.Key); err != nil {
				t.Fatal(err)
			}
			if asked := len(st.calls()) > 1; asked == cache.(bool) {
				t.Errorf("asked again %v, copies %v", asked, cache)
			}
			st.mode(st.app, "down")
			if err := c.subscribe("room"); err != nil {
				t.Errorf("a client who was there: %v", err)
			}
			if _, err := dial(s.Port, launch.Demo.Key); err != nil {
				t.Errorf("a new client of a known app: %v", err)
			}
			mustPublish(t, demoAPI(s), 200)
			wantCode(t, s.Port, "unknown-key", 4100)
			mustPublish(t, newAPI(s.URL(), "unknown-id", "k", "s"), 503)
			st.mode(st.app, "")
			until(t, "the store to be asked again", func() bool {
				status, _ := newAPI(s.URL(), "unknown-id", "k", "s").publish("room", "m", "{}")
				return status == 404
			})
			wantCode(t, s.Port, "unknown-key", 4001)
		})
	}
}

// An app that cannot be read is refused, never opened without its limits.
func TestAnAppThatCannotBeReadIsNotOpened(t *testing.T) {
	st := newStores(t)
	st.put(launch.App{ID: "broken", Key: "broken-key", Secret: "s"}, 1, map[string]any{"policy": "[]"})
	s := built.Start(t, st.options(nil))
	mustPublish(t, newAPI(s.URL(), "broken", "broken-key", "s"), 503)
	until(t, "the log to name it", func() bool { return strings.Contains(s.Log(), "cannot be read: app=broken") })
}
