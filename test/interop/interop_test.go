package interop

import (
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/launch"
)

var built *launch.Binaries

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	if _, err := os.Stat("node_modules/.package-lock.json"); err != nil {
		log.Print(`the clients are not installed: run "make deps"`)
		return 1
	}
	var err error
	if built, err = launch.Build(); err != nil {
		log.Print(err)
		return 1
	}
	defer built.Remove()
	launch.AtATime(4)
	return m.Run()
}

// leaving is an app that a script may have switched off and deleted.
var leaving = launch.App{ID: "leaving", Key: "leaving-key", Secret: "s", Fields: map[string]any{}}

// special are apps that refuse or close their clients, each for its reason, and one
// for pages of this machine only.
var special = []launch.App{
	{ID: "off", Key: "off-key", Secret: "s", Fields: map[string]any{"enabled": false}},
	{ID: "origin", Key: "origin-key", Secret: "s", Fields: map[string]any{"allowed_origins": []string{"https://example.com"}}},
	{ID: "page", Key: "page-key", Secret: "s", Fields: map[string]any{"allowed_origins": []string{"http://127.0.0.1:*"}}},
	{ID: "full", Key: "full-key", Secret: "s", Fields: map[string]any{"max_connections": 1}},
	{ID: "strict", Key: "strict-key", Secret: "s", Fields: map[string]any{
		"enable_client_messages": true, "max_client_events_per_second": 1, "terminate_on_limit": true,
	}},
	{ID: "slow", Key: "slow-key", Secret: "s", Fields: map[string]any{"enable_client_messages": true, "max_client_events_per_second": 1}},
	{ID: "tls", Key: "tls-key", Secret: "s", Fields: map[string]any{"tls_only": true}},
	{ID: "signin", Key: "signin-key", Secret: "s", Fields: map[string]any{"enable_user_authentication": true}},
}

// settings are what the server of a file is set to besides.
var settings = map[string]map[string]any{
	"full.test.mjs":    {"max_connections": 1},
	"ping.test.mjs":    {"activity_timeout": 1, "websocket": map[string]any{"ping_event": true}},
	"prefix.test.mjs":  {"path_prefix": "/ws"},
	"silence.test.mjs": {"activity_timeout": 1},
}

// secure is the file whose server speaks TLS.
const secure = "secure.test.mjs"

// TestRealClients runs every *.test.mjs file against a server of its own.
func TestRealClients(t *testing.T) { runAll(t, false) }

// TestRealClientsThatCompress is the same with permessage-deflate, which browsers
// offer by themselves and pusher-js does when it speaks through ws.
func TestRealClientsThatCompress(t *testing.T) { runAll(t, true) }

func runAll(t *testing.T, compression bool) {
	t.Helper()
	files, err := filepath.Glob("*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".test.mjs"), func(t *testing.T) {
			t.Parallel()
			mail := httptest.NewServer(&mailbox{})
			t.Cleanup(mail.Close)
			opts := launch.Options{
				Apps:   append([]launch.App{leaving, hooked(mail.URL)}, special...),
				Config: configFor(file, compression), TLS: file == secure,
			}
			server := built.Start(t, opts)
			control := httptest.NewServer(controls(server, opts))
			t.Cleanup(control.Close)
			runNode(t, file, server.Port, control.URL, mail.URL, compression)
		})
	}
}

// configFor returns the configuration of the server of a file.
func configFor(file string, compression bool) map[string]any {
	config := map[string]any{"user_authentication_timeout": 1}
	maps.Copy(config, settings[file])
	if compression {
		sockets, _ := config["websocket"].(map[string]any)
		sockets = maps.Clone(sockets)
		if sockets == nil {
			sockets = map[string]any{}
		}
		sockets["compression"] = "shared"
		config["websocket"] = sockets
	}
	return config
}

// TestExample runs the snippet that "make run" and the README show.
func TestExample(t *testing.T) {
	server := built.Start(t, launch.Options{})
	snippet, err := os.ReadFile("../../docs/examples/hello.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	script := strings.ReplaceAll(string(snippet), "6001", strconv.Itoa(server.Port)) +
		"\nchannel.bind('my-event', () => client.disconnect());"
	out, err := exec.CommandContext(ctx, "node", "--input-type=commonjs", "--eval", script).CombinedOutput()
	if want := "received { hello: 'world' }\n"; err != nil || string(out) != want {
		t.Errorf("got %v, %q, want %q", err, out, want)
	}
}

// controls lets a script stop and start its server, and take its first app away.
func controls(server *launch.Server, opts launch.Options) http.Handler {
	without, off := opts, opts
	without.Apps = opts.Apps[1:]
	off.Apps = slices.Clone(opts.Apps)
	off.Apps[0].Fields = map[string]any{"enabled": false}
	mux := http.NewServeMux()
	for name, do := range map[string]func() error{
		"stop": server.Stop, "kill": server.Kill, "start": server.Restart,
		"disable": func() error { return reload(server, off) },
		"delete":  func() error { return reload(server, without) },
		"restore": func() error { return reload(server, opts) },
	} {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, _ *http.Request) {
			if err := do(); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
	}
	return mux
}

func reload(server *launch.Server, opts launch.Options) error {
	return errors.Join(server.Configure(opts), server.Reload())
}

// runNode runs a test file and shows what it printed.
func runNode(t *testing.T, file string, port int, control, mail string, compression bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "--test-force-exit", file) // a client may keep timers
	cmd.Env = append(os.Environ(), fmt.Sprintf("JACKFIELD_PORT=%d", port), "JACKFIELD_CONTROL="+control, "JACKFIELD_WEBHOOKS="+mail)
	if compression {
		cmd.Env = append(cmd.Env, "JACKFIELD_COMPRESSION=on")
	}
	if file == secure {
		cmd.Env = append(cmd.Env, "JACKFIELD_TLS=on")
	}
	out, err := cmd.CombinedOutput()
	t.Logf("node %s\n%s", file, out)
	if err != nil {
		t.Errorf("node %s: %v", file, err)
	}
}
