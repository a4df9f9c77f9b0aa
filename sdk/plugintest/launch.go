package plugintest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/wire"
)

const (
	readyWithin = 10 * time.Second // from start to the first answer
	exitWithin  = 5 * time.Second  // from the end of the lifeline to the end of the process
)

// program is a plugin that runs as a server would run it.
type program struct {
	t        *testing.T
	cmd      *exec.Cmd
	token    string
	lifeline *os.File // our end; closing it tells the plugin to end
	socket   string
	stdout   *recording // what came after the first line
	stderr   *recording
	exited   chan struct{}
}

// launch starts a plugin, waits until it answers, and ends it with the test.
func launch(t *testing.T, path string) *program {
	t.Helper()
	dir, err := os.MkdirTemp("", "pt") // a socket's path is short, t.TempDir's is not
	wantNil(t, "make a socket directory", err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &program{
		t: t, token: hex.EncodeToString([]byte(rand.Text())),
		stdout: &recording{}, stderr: &recording{}, exited: make(chan struct{}),
	}
	theirs, ours, err := os.Pipe()
	wantNil(t, "make a lifeline", err)
	p.lifeline = ours
	p.cmd = exec.Command(path)
	p.cmd.Env = append(environment(), wire.Handshake.MagicCookieKey+"="+wire.Handshake.MagicCookieValue,
		wire.LifelineEnv+"=3", fmt.Sprint("PLUGIN_PROTOCOL_VERSIONS=", wire.ProtocolMajor),
		"PLUGIN_UNIX_SOCKET_DIR="+dir, "PLUGIN_MIN_PORT=10000", "PLUGIN_MAX_PORT=25000")
	p.cmd.ExtraFiles = []*os.File{theirs}
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	wantNil(t, "open stdout", err)
	wantNil(t, "start "+path, p.cmd.Start())
	_ = theirs.Close()
	t.Cleanup(p.kill)
	_, err = fmt.Fprintln(ours, p.token)
	wantNil(t, "write the token", err)
	p.readHandshake(stdout)
	return p
}

// environment is what a plugin inherits.
func environment() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// readHandshake takes the first line of stdout and records the rest.
func (p *program) readHandshake(stdout io.Reader) {
	p.t.Helper()
	lines := bufio.NewReader(stdout)
	first := make(chan string, 1)
	go func() {
		line, _ := lines.ReadString('\n')
		first <- strings.TrimSpace(line)
		_, _ = io.Copy(p.stdout, lines)
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	select {
	case line := <-first:
		p.parseHandshake(line)
	case <-time.After(readyWithin):
		p.t.Fatalf("no handshake within %v; stderr: %s", readyWithin, p.stderr)
	}
}

// parseHandshake reads core-version|protocol-version|network|address|protocol.
func (p *program) parseHandshake(line string) {
	p.t.Helper()
	parts := strings.Split(line, "|")
	if len(parts) < 5 || parts[0] != "1" || parts[2] != "unix" || parts[4] != "grpc" {
		p.t.Fatalf("the first line on stdout is %q, want 1|%d|unix|PATH|grpc; stderr: %s", line, wire.ProtocolMajor, p.stderr)
	}
	wantSame(p.t, "protocol version", parts[1], fmt.Sprint(wire.ProtocolMajor))
	p.socket = parts[3]
	if !filepath.IsAbs(p.socket) {
		p.t.Fatalf("the socket %q is no absolute path", p.socket)
	}
}

// connect returns a client of the plugin with a call token.
func (p *program) connect(t *testing.T, token string) (*wire.Lifecycle, remote) {
	t.Helper()
	cc := dial(t, token, func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", p.socket)
	})
	return wire.NewLifecycle(cc), remote{cc: cc}
}

// ends tells whether the process ended within a time.
func (p *program) ends(within time.Duration) bool {
	select {
	case <-p.exited:
		return true
	case <-time.After(within):
		return false
	}
}

func (p *program) kill() {
	_ = p.lifeline.Close()
	_ = p.cmd.Process.Kill()
	<-p.exited
	if p.t.Failed() {
		p.t.Logf("stderr of %s:\n%s", p.cmd.Path, p.stderr)
	}
}

// recording keeps what a process wrote, the first MiB of it.
type recording struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *recording) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buf.Write(b[:min(len(b), max(0, mib-r.buf.Len()))])
	return len(b), nil
}

// String returns what was written so far.
func (r *recording) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}
