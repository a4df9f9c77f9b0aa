//go:build unix

package sdk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		_ = os.RemoveAll(buildDir)
		os.Exit(status)
	}))
}

var buildDir string

// testBinary builds the test plugin, once.
var testBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "p")
	if err != nil {
		return "", err
	}
	buildDir = dir
	path := filepath.Join(dir, "testplugin")
	out, err := exec.Command("go", "build", "-o", path, "./internal/testplugin").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

func binary(t *testing.T) string {
	t.Helper()
	path, err := testBinary()
	if err != nil {
		t.Fatalf("build the test plugin: %v", err)
	}
	return path
}

// running is a plugin as a server runs it.
type running struct {
	cmd      *exec.Cmd
	lifeline *os.File
	stdout   *bufio.Reader
	stderr   *lockedBuffer
	address  string
	exited   chan error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const serveToken = "0123abcd"

// start runs the plugin up to the handshake.
func start(t *testing.T) *running {
	t.Helper()
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	lifelineR, lifelineW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{cmd: exec.Command(binary(t)), lifeline: lifelineW, stderr: &lockedBuffer{}, exited: make(chan error, 1)}
	r.cmd.Env = []string{
		wire.Handshake.MagicCookieKey + "=" + wire.Handshake.MagicCookieValue,
		"PLUGIN_PROTOCOL_VERSIONS=1", "PLUGIN_UNIX_SOCKET_DIR=" + dir, wire.LifelineEnv + "=3",
	}
	r.cmd.ExtraFiles = []*os.File{lifelineR}
	r.cmd.Stderr = r.stderr
	stdoutR, stdoutW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.cmd.Stdout = stdoutW
	r.stdout = bufio.NewReader(stdoutR)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = lifelineR.Close(), stdoutW.Close()
	go func() { r.exited <- r.cmd.Wait() }()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		_, _ = r.lifeline.Close(), stdoutR.Close()
	})
	if _, err := io.WriteString(r.lifeline, serveToken+"\n"); err != nil {
		t.Fatal(err)
	}
	line, err := r.stdout.ReadString('\n')
	if err != nil {
		t.Fatalf("handshake: %v; standard error:\n%s", err, r.stderr)
	}
	parts := strings.Split(strings.TrimSpace(line), "|")
	if len(parts) < 5 || parts[0] != "1" || parts[1] != "1" || parts[2] != "unix" || parts[4] != "grpc" {
		t.Fatalf("handshake %q", line)
	}
	r.address = parts[3]
	return r
}

// dial connects to the plugin and opens its driver.
func dial(t *testing.T, address, token, options string) (*wire.Cache, *wire.Lifecycle) {
	t.Helper()
	opts := append(wire.DialOptions(token), grpc.WithTransportCredentials(insecure.NewCredentials()))
	cc, err := grpc.NewClient("unix://"+address, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cc.Close() })
	life := wire.NewLifecycle(cc)
	caps, err := life.Configure(within(t), wire.Configuration{
		Kind: contract.KindCache, Driver: "test", Options: json.RawMessage(options), NodeID: "n1",
	})
	if err != nil {
		t.Fatalf("configure: %v", err)
	}
	cache := wire.NewCache(cc, wire.ClientOptions{Capabilities: caps})
	t.Cleanup(func() { _ = cache.Close() })
	return cache, life
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func (r *running) waitExit(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.exited:
		return err
	case <-within(t).Done():
		t.Fatal("the plugin did not exit")
		return nil
	}
}

func TestServeLifeOfAPlugin(t *testing.T) {
	r := start(t)
	cache, life := dial(t, r.address, serveToken, `{"greeting":"ahoy","password":"s3cret"}`)
	if v, err := cache.Get(within(t), "k"); err != nil || string(v) != "ahoy" {
		t.Errorf("get: %q, %v", v, err)
	}
	if d, err := life.Describe(within(t)); err != nil || d.Name != "testplugin" || d.Version != "1.2.3" {
		t.Errorf("describe: %+v, %v", d, err)
	}
	if _, err := cache.Get(within(t), "panic"); !errors.Is(err, contract.ErrInternal) || wire.Reason(err) != wire.ReasonPanic {
		t.Errorf("panic: %v", err)
	}
	for _, s := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		if err := r.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := cache.Get(within(t), "print"); err != nil || string(v) != "ahoy" {
		t.Errorf("after signals: %q, %v", v, err)
	}
	_ = r.lifeline.Close()
	if err := r.waitExit(t); err != nil {
		t.Errorf("exit: %v", err)
	}
	if rest, err := io.ReadAll(r.stdout); err != nil || len(rest) > 0 {
		t.Errorf("standard output goes on with %q, %v", rest, err)
	}
	log := r.stderr.String()
	for _, want := range []string{
		"noise before main", "noise in main", "noise while opening", "noise in a call", "complaint in a call",
		`"@message":"opened"`, `"node":"n1"`, "asked to", "(*cache).Get",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("standard error lacks %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, "s3cret") {
		t.Errorf("standard error has a secret:\n%s", log)
	}
}

func TestServeNeedsTheToken(t *testing.T) {
	r := start(t)
	opts := append(wire.DialOptions("guess"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	cc, err := grpc.NewClient("unix://"+r.address, opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cc.Close() }()
	if _, err := wire.NewLifecycle(cc).Describe(within(t)); !errors.Is(err, contract.ErrAuth) {
		t.Errorf("describe without the token: %v, want ErrAuth", err)
	}
}

func TestServeExitsThoughADriverHangs(t *testing.T) {
	t.Parallel()
	r := start(t)
	cache, _ := dial(t, r.address, serveToken, `{}`)
	ctx, cancel := context.WithCancel(within(t))
	hung := make(chan error, 1)
	go func() {
		_, err := cache.Get(ctx, "hang")
		hung <- err
	}()
	if v, err := cache.Get(within(t), "k"); err != nil || string(v) != "hello" {
		t.Errorf("beside the hanging call: %q, %v", v, err)
	}
	_ = r.lifeline.Close()
	_ = r.waitExit(t)
	if err := <-hung; !errors.Is(err, contract.ErrGone) {
		t.Errorf("the hanging call: %v, want ErrGone", err)
	}
	cancel()
}

func TestServeDebug(t *testing.T) {
	cmd := exec.Command(binary(t), "serve", "--debug")
	cmd.Env = []string{"TMPDIR=" + shortDir(t)}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var address string
	for lines := bufio.NewScanner(out); address == "" && lines.Scan(); {
		address, _ = strings.CutPrefix(lines.Text(), "unix://")
		if address == lines.Text() {
			address = ""
		}
	}
	cache, _ := dial(t, address, "", `{}`)
	if v, err := cache.Get(within(t), "k"); err != nil || string(v) != "hello" {
		t.Errorf("get: %q, %v", v, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
	if _, err := os.Stat(address); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "d")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestCommandLine(t *testing.T) {
	tests := []struct {
		args   []string
		status int
		out    string
		err    string
	}{
		{[]string{"version"}, 0, "testplugin 1.2.3 (abc)", ""},
		{[]string{"describe"}, 0, `"default": "hello"`, ""},
		{nil, 1, "", `cache.driver = "test"`},
		{[]string{"dance"}, 2, "", "unknown arguments"},
	}
	for _, tt := range tests {
		cmd := exec.Command(binary(t), tt.args...)
		cmd.Env = []string{}
		var out, errOut bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errOut
		_ = cmd.Run()
		if status := cmd.ProcessState.ExitCode(); status != tt.status {
			t.Errorf("%v: exit status %d, want %d", tt.args, status, tt.status)
		}
		if !strings.Contains(out.String(), tt.out) || !strings.Contains(errOut.String(), tt.err) {
			t.Errorf("%v: printed %q and %q", tt.args, &out, &errOut)
		}
	}
}

func TestLifeline(t *testing.T) {
	for input, ok := range map[string]bool{
		"abc\n": true, "\n": false, "abc": false, strings.Repeat("x", 2*maxToken) + "\n": false,
	} {
		l, err := holdLifeline(io.NopCloser(strings.NewReader(input)))
		if (err == nil) != ok {
			t.Errorf("%q: %v", input, err)
		}
		if l != nil {
			<-l.ended
		}
	}
	for _, number := range []string{"x", "2", "-1", "99999"} {
		t.Setenv(wire.LifelineEnv, number)
		if _, err := grabLifeline(); err == nil {
			t.Errorf("descriptor %q was taken", number)
		}
	}
}
