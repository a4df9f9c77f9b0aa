package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestHostServesEveryKindFromOneProcess(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Choices = everyKind(t)
	h := startHost(t, o)
	app, err := h.AppManager().FindByKey(t.Context(), "one-key")
	if err != nil || app.ID != "one" {
		t.Errorf("app %+v, %v", app, err)
	}
	if _, err := h.AppManager().FindByID(t.Context(), "two"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("unknown app: %v", err)
	}
	if _, err := h.Cache().Set(t.Context(), "k", []byte("v"), contract.SetOptions{}); err != nil || get(t, h, "k") != "v" {
		t.Errorf("cache: %v", err)
	}
	if errs := h.Queue().Enqueue(t.Context(), []contract.Job{job(1)}); errs[0] != nil {
		t.Errorf("queue: %v", errs)
	}
	if r, err := h.RateLimiter().Take(t.Context(), contract.TakeRequest{Key: "k", Cost: 1, Limit: 2, Window: time.Second}); err != nil || !r.Allowed {
		t.Errorf("limiter: %+v, %v", r, err)
	}
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pidOf(h)))
	if err != nil || string(comm) != "faulty-good\n" {
		t.Errorf("the process is listed as %q, %v", comm, err)
	}
	if h.Adapter() != nil {
		t.Error("there is an adapter")
	}
	if _, err := h.Cache().(contract.CacheCounter).Increment(t.Context(), "n", 1, 0, ""); !errors.Is(err, contract.ErrUnsupported) {
		t.Errorf("what the driver lacks: %v", err)
	}
	pids := map[int]bool{}
	for _, s := range h.Status() {
		pids[s.PID] = true
		if s.State != Serving || s.Version != "1.0.0" || s.Driver != "fake" {
			t.Errorf("status %+v", s)
		}
	}
	if len(pids) != 1 {
		t.Errorf("processes %v, want one", pids)
	}
}

func TestHostIsolatesKinds(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Choices = everyKind(t)
	config := o.Plugins["faulty-good"]
	config.Isolation = "per_kind"
	o.Plugins["faulty-good"] = config
	h := startHost(t, o)
	pids := map[int]bool{}
	for _, s := range h.Status() {
		pids[s.PID] = true
	}
	if len(pids) != 4 {
		t.Errorf("processes %v, want four", pids)
	}
}

func TestHostOverAutoMTLS(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Plugins["faulty-good"] = PluginConfig{Drivers: []string{"fake"}, TransportSecurity: "auto_mtls"}
	if h := startHost(t, o); !serves(t, h) {
		t.Error("the cache does not answer")
	}
}

func TestStartErrorsOfTheHandshake(t *testing.T) {
	good := filepath.Join(programs, "faulty")
	tests := []struct {
		name, script string
		want         []string
	}{
		{"noise", "echo hello from init\nexec " + good, []string{`"hello from init"`, "writes nothing to stdout"}},
		{"version", `echo "1|2|unix|$PLUGIN_UNIX_SOCKET_DIR/s|grpc|"; exec sleep 60`, []string{"plugin protocol 2", "this server speaks 1", "upgrade the server"}},
		{"older", `echo "1|0|unix|$PLUGIN_UNIX_SOCKET_DIR/s|grpc|"; exec sleep 60`, []string{"plugin protocol 0", "this server speaks 1", "upgrade the plugin"}},
		{"core", `echo "7|1|unix|$PLUGIN_UNIX_SOCKET_DIR/s|grpc|"; exec sleep 60`, []string{"handshake has version 7"}},
		{"old", `echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/s|netrpc|"; exec sleep 60`, []string{`speaks "netrpc"`}},
		{"elsewhere", `echo "1|1|unix|/tmp/elsewhere|grpc|"; exec sleep 60`, []string{"/tmp/elsewhere", "PLUGIN_UNIX_SOCKET_DIR"}},
		{"tcp", `echo "1|1|tcp|127.0.0.1:1|grpc|"; exec sleep 60`, []string{"TCP", "auto_mtls"}},
		{"not a plugin", "echo I am no plugin", []string{"I am no plugin", "writes nothing to stdout"}},
		{"silent", "exit 5", []string{"before the handshake", "exit status 5"}},
		{"endless", "yes", []string{"writes nothing to stdout"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, _ := testOptions(t, "good")
			path := writeProgram(t, "#!/bin/sh\n"+tt.script+"\n", 0o755)
			o.Plugins = map[string]PluginConfig{"mine": {Path: path, Drivers: []string{"fake"}}}
			mustSay(t, startError(t, o), append(tt.want, `plugin "mine"`)...)
		})
	}
}

func TestStartErrorsOfCrashes(t *testing.T) {
	tests := []struct {
		fault string
		want  []string
	}{
		{"crash", []string{"before the handshake", "panic: no luck today", "exit status 2"}},
		{"exit", []string{"exit status 3", "cannot read my file"}},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			o, _ := testOptions(t, tt.fault)
			mustSay(t, startError(t, o), tt.want...)
		})
	}
}

func TestStartErrorsOfTheProgram(t *testing.T) {
	tests := []struct {
		name, content string
		mode          os.FileMode
		want          []string
	}{
		{"not executable", "#!/bin/sh\n", 0o644, []string{"chmod +x"}},
		{"no program", "hello", 0o755, []string{"neither a Linux program"}},
		{"no interpreter", "#!/no/such/interpreter\n", 0o755, []string{"no such file"}},
		{"other architecture", otherMachine(t), 0o755, []string{"program for s390x", "GOARCH"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, _ := testOptions(t, "good")
			path := writeProgram(t, tt.content, tt.mode)
			o.Plugins = map[string]PluginConfig{"mine": {Path: path, Drivers: []string{"fake"}}}
			mustSay(t, startError(t, o), append(tt.want, `plugin "mine"`)...)
		})
	}
}

func TestStartRefusesWhatIsNotLocked(t *testing.T) {
	o, _ := testOptions(t, "good")
	if _, _, err := Lock(o); err != nil {
		t.Fatal(err)
	}
	stopHost(t, startHost(t, o))
	path := filepath.Join(o.Dir, "faulty-good")
	other, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(path), os.WriteFile(path, append(other, "tampered"...), 0o755)); err != nil {
		t.Fatal(err)
	}
	mustSay(t, startError(t, o), "SHA-256", "not the file that was locked")
}

func TestStartNamesTheAddressWhereNobodyIs(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Plugins = map[string]PluginConfig{"mine": {Address: "unix:///nowhere/s", Drivers: []string{"cache.fake"}}}
	o.Choices = map[contract.Kind]Choice{contract.KindCache: {Driver: "fake"}}
	mustSay(t, startError(t, o), `plugin "mine"`, "running that plugins.mine.address (unix:///nowhere/s) names?")
}

func TestStartIsBounded(t *testing.T) {
	o, _ := testOptions(t, "hang")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	h, err := Start(ctx, o)
	if err == nil {
		stopHost(t, h)
		t.Fatal("a plugin without handshake was accepted")
	}
	mustSay(t, err.Error(), "in time")
}

func TestStartWaitsForAStoreInTheMaking(t *testing.T) {
	o, book := testOptions(t, "good")
	o.Choices[contract.KindAppManager] = Choice{Driver: "fake", Options: jsonOptions(t, map[string]any{"apps": []string{"one"}, "unready": 3})}
	h := startHost(t, o)
	if _, err := h.AppManager().FindByID(t.Context(), "one"); err != nil {
		t.Error(err)
	}
	mustSay(t, book.String(), "driver is not ready yet", "the table is being made")
}

func TestStartReportsAllOptionProblems(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Choices = everyKind(t)
	o.Choices[contract.KindCache] = Choice{Driver: "fake", Options: jsonOptions(t, map[string]any{"size": "many", "pasword": "hunter2"})}
	o.Choices[contract.KindAppManager] = Choice{Driver: "fake", Options: jsonOptions(t, map[string]any{"apps": 3})}
	text := startError(t, o)
	mustSay(t, text, "size", `pasword: is unknown; did you mean "password"?`, "apps", "cache driver", "app_manager driver")
	if strings.Contains(text, "hunter2") {
		t.Errorf("a secret shows: %s", text)
	}
}

func TestStartRefusesALackingCapability(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Choices[contract.KindCache] = Choice{Driver: "fake", Needs: []contract.Capability{contract.CapCacheIncr}}
	mustSay(t, startError(t, o), `cache.driver "fake"`, "faulty-good", string(contract.CapCacheIncr))
}

func TestStartRefusesAnUnknownDriverOfAPlugin(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Plugins["faulty-good"] = PluginConfig{Drivers: []string{"shiny"}}
	o.Choices[contract.KindCache] = Choice{Driver: "shiny"}
	mustSay(t, startError(t, o), `cache.driver "shiny"`, `cache "fake"`)
}

func TestAppStoreMustAnswerAtStart(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Choices = everyKind(t)
	o.Choices[contract.KindAppManager] = Choice{Driver: "fake", Options: jsonOptions(t, map[string]any{"away": true})}
	mustSay(t, startError(t, o), "the app store does not answer", "no route to the store")
}

func TestOtherBackendsMayBeAwayAtStart(t *testing.T) {
	o, _ := testOptions(t, "good")
	clock := newHandClock()
	o.Clock = clock
	away := filepath.Join(t.TempDir(), "away")
	if err := os.WriteFile(away, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Choices = everyKind(t)
	o.Choices[contract.KindCache] = Choice{Driver: "fake", Options: jsonOptions(t, map[string]any{"refuse_while": away})}
	h := startHost(t, o)
	for _, s := range h.Status() {
		want := Serving
		if s.Kind == contract.KindCache {
			want = Degraded
			mustSay(t, s.Reason, "connection refused")
		}
		if s.State != want {
			t.Errorf("status %+v", s)
		}
	}
	if _, err := h.Cache().Get(t.Context(), "k"); !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("a cache that is away: %v", err)
	}
	if err := os.Remove(away); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cache is opened", func() bool {
		clock.advance(time.Second)
		return serves(t, h)
	})
	if s := h.Status()[1]; s.State != Serving || s.Restarts != 0 {
		t.Errorf("status %+v", s)
	}
}

func TestKilledHostLeavesNothing(t *testing.T) {
	dir, name := faultyDir(t, "good")
	run := shortDir(t)
	cmd := exec.Command(filepath.Join(programs, "host"), dir, name, run)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 64)
	n, err := out.Read(line)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	pid := atoi(t, string(line[:n]))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	eventually(t, "the end of the orphan", func() bool { return !alive(pid) })
	next, err := openRunDir(run)
	if err != nil {
		t.Fatal(err)
	}
	next.close()
	left, err := os.ReadDir(run)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		if e.IsDir() {
			t.Errorf("%s was not swept", e.Name())
		}
	}
}
