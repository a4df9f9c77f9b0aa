package conversation

import (
	"flag"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/launch"
)

var (
	target    = flag.String("target", "", "base `URL` of a running server; without it the test starts one per script")
	appID     = flag.String("app-id", launch.Demo.ID, "id of an app of the target that nobody else uses, with client events on")
	appKey    = flag.String("app-key", launch.Demo.Key, "its key")
	appSecret = flag.String("app-secret", launch.Demo.Secret, "its secret")
	anyCert   = flag.Bool("any-certificate", false, "accept whatever certificate the target shows")
	patience  = flag.Duration("step-timeout", 10*time.Second, "how long to wait for a single frame or answer")

	built *launch.Binaries
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	if *target != "" {
		return m.Run()
	}
	var err error
	if built, err = launch.Build(); err != nil {
		log.Print(err)
		return 1
	}
	defer built.Remove()
	launch.AtATime(6)
	return m.Run()
}

// TestConversations runs every script; against a foreign target those that need
// settings of their own are left out of the list.
func TestConversations(t *testing.T) { runAll(t, false) }

// TestConversationsOverTLS is the same with wss and https.
func TestConversationsOverTLS(t *testing.T) {
	if *target == "" {
		runAll(t, true)
	}
}

func runAll(t *testing.T, secure bool) {
	t.Helper()
	for _, script := range load(t) {
		if *target != "" && script.Own() {
			continue
		}
		t.Run(strings.TrimSuffix(script.Name, ".txt"), func(t *testing.T) {
			if *target == "" {
				t.Parallel()
			}
			if err := Run(serverFor(t, script, secure), script); err != nil {
				t.Error(err)
			}
		})
	}
}

func load(t *testing.T) []*Script {
	t.Helper()
	names, err := filepath.Glob("scripts/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var scripts []*Script
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		script, err := Parse(filepath.Base(name), string(text))
		if err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, script)
	}
	return scripts
}

// serverFor returns the target of the flags, or starts a server for the script.
func serverFor(t *testing.T, script *Script, secure bool) Target {
	t.Helper()
	if *target != "" {
		return foreign(t)
	}
	apps := []launch.App{launch.Demo}
	for _, name := range slices.Sorted(maps.Keys(script.Apps)) {
		app := AppNamed(name)
		apps = append(apps, launch.App{ID: app.ID, Key: app.Key, Secret: app.Secret, Fields: script.Apps[name]})
	}
	server := built.Start(t, launch.Options{Apps: apps, Config: script.Server, TLS: secure})
	demo := App{ID: launch.Demo.ID, Key: launch.Demo.Key, Secret: launch.Demo.Secret}
	return Target{URL: server.URL(), App: demo, AnyCertificate: true, StepTimeout: *patience}
}

// foreign returns the target of the flags once the clients of the script before
// are gone there too, which a server may notice a moment later.
func foreign(t *testing.T) Target {
	t.Helper()
	target := Target{
		URL: *target, App: App{ID: *appID, Key: *appKey, Secret: *appSecret},
		AnyCertificate: *anyCert, StepTimeout: *patience,
	}
	empty, err := Parse("an app that nobody else uses", `eventually GET /channels -> 200 {"channels":{}}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := Run(target, empty); err != nil {
		t.Fatal(err)
	}
	return target
}
