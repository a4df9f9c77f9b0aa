package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// administered are servers with an administration.
func (s *stores) administered() launch.Options {
	return s.options(map[string]any{"admin": map[string]any{"token": adminToken}})
}

// ran is how a command ended.
type ran struct {
	status      int
	stdout, err string
}

func apps(t *testing.T, s *launch.Server, stdin string, args ...string) ran {
	t.Helper()
	cmd := s.Command(append([]string{"apps"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	return ran{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// want checks how a command ended, and returns what it printed.
func (r ran) want(t *testing.T, status int, says string) string {
	t.Helper()
	if r.status != status || !strings.Contains(r.stdout+r.err, says) {
		t.Errorf("status %d, want %d; %q is not in\n%s%s", r.status, status, says, r.stdout, r.err)
	}
	return r.stdout
}

// An operator's day, with a server or without one.
func TestAppsOnTheCommandLine(t *testing.T) {
	for _, way := range []string{"a server", "--direct"} {
		t.Run(way, func(t *testing.T) {
			st := newStores(t)
			s := built.Start(t, st.administered())
			do := func(stdin string, args ...string) ran {
				t.Helper()
				if way == "--direct" {
					args = append(args, "--direct", "--plugin-dir", built.PluginDir())
				}
				return apps(t, s, stdin, args...)
			}
			do(`{"secret":"first"}`, "add", "shop", "key=shop-key", "max_connections=5", "--file", "-").want(t, 0, "(not shown; --show-secrets)")
			do("", "add", "shop").want(t, 4, `another app has the id "shop"`)
			if out := do("", "list").want(t, 0, "shop    shop-key  true     1"); strings.Contains(out, "first") {
				t.Errorf("a secret is shown: %s", out)
			}
			do("", "list", "--show-secrets").want(t, 0, "first")
			do("", "show", "shop", "--json").want(t, 0, `"max_connections":5`)
			do("", "show", "nobody").want(t, 3, `no app has the id "nobody"`)
			do("", "set", "shop", "max_connections=", "enable_client_messages=true", "--revision", "1").want(t, 0, "revision")
			do("", "set", "shop", "enabled=false", "--revision", "1").want(t, 4, "is at revision 2 now, not 1")
			do("", "set", "shop", "max_conections=5").want(t, 1, "unknown: max_conections")
			do("", "rotate-secret", "shop").want(t, 0, "revision")
			var app struct {
				Secrets  []string
				Revision uint64
			}
			shown := do("", "show", "shop", "--json", "--show-secrets").want(t, 0, "first")
			if err := json.Unmarshal([]byte(shown), &app); err != nil || len(app.Secrets) != 2 || app.Secrets[1] != "first" || app.Revision != 3 {
				t.Errorf("%v, %+v", err, app)
			}
			do("", "remove", "shop", "--revision", "1").want(t, 4, "no longer at revision 1")
			do("", "remove", "shop").want(t, 0, "removed: shop")
			do("", "remove", "shop").want(t, 3, `no app has the id "shop"`)
			if st.holds("shop") != "" {
				t.Error("it is still there")
			}
		})
	}
}

// What an operator changes through a server counts there at once.
func TestAChangeThroughTheServerCountsAtOnce(t *testing.T) {
	st := newStores(t)
	s := built.Start(t, st.administered())
	wantCode(t, s.Port, "shop-key", 4001)
	apps(t, s, `{"secret":"first"}`, "add", "shop", "key=shop-key", "--file", "-").want(t, 0, "shop-key")
	c, err := dial(s.Port, "shop-key")
	if err != nil {
		t.Fatal(err)
	}
	first := newAPI(s.URL(), "shop", "shop-key", "first")
	mustPublish(t, first, 200)
	apps(t, s, "", "rotate-secret", "shop").want(t, 0, "shop")
	mustPublish(t, first, 200)
	apps(t, s, "", "rotate-secret", "shop", "--drop-old").want(t, 0, "shop")
	mustPublish(t, first, 401)
	apps(t, s, "", "set", "shop", "enabled=false").want(t, 0, "shop")
	wantClosed(t, c, 4003)
	wantCode(t, s.Port, "shop-key", 4003)
	apps(t, s, "", "set", "shop", "enabled=true", "key=other-key").want(t, 0, "shop")
	wantCode(t, s.Port, "shop-key", 4001)
	if c, err = dial(s.Port, "other-key"); err != nil {
		t.Fatal(err)
	}
	apps(t, s, "", "remove", "shop").want(t, 0, "shop")
	wantClosed(t, c, 4001)
	wantCode(t, s.Port, "other-key", 4001)
	if strings.Contains(s.Log(), "first") {
		t.Error("a secret is in the log")
	}
}

func TestAppsOfTheFileAreNotChanged(t *testing.T) {
	s := built.Start(t, launch.Options{Config: map[string]any{"admin": map[string]any{"token": adminToken}}})
	apps(t, s, "", "list").want(t, 0, "app-id  app-key  true     0")
	apps(t, s, "", "set", "app-id", "enabled=false").want(t, 1, "change them there and send the server SIGHUP")
	added := launch.App{ID: "added", Key: "added-key", Secret: "s"}
	if err := errors.Join(s.Configure(launch.Options{
		Apps: []launch.App{launch.Demo, added}, Config: map[string]any{"admin": map[string]any{"token": adminToken}},
	}), s.Reload()); err != nil {
		t.Fatal(err)
	}
	until(t, "the added app to be listed", func() bool { return strings.Contains(apps(t, s, "", "list").stdout, "added-key") })
}

func TestTheAdministrationNeedsTheToken(t *testing.T) {
	st := newStores(t)
	s := built.Start(t, st.administered())
	status := func(token string) int {
		req, err := http.NewRequest(http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/admin/apps", s.MetricsPort), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := status(adminToken); got != 200 {
		t.Errorf("with the token: %d", got)
	}
	seen := map[int]bool{}
	for range 50 {
		seen[status("guess")] = true
	}
	if !seen[401] || !seen[429] {
		t.Errorf("guesses are answered %v", seen)
	}
}
