package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
)

const (
	readyWithin = 30 * time.Second
	endWithin   = 30 * time.Second
)

// Options say what server to start.
type Options struct {
	// Apps of the configuration; nil means Demo alone.
	Apps []App
	// Config holds further top-level keys of the configuration file.
	Config map[string]any
	// TLS lets the server listen with a certificate made for it.
	TLS bool
}

// Server is a running core with its plugins.
type Server struct {
	// Port is the port of WebSocket and HTTP API, MetricsPort that of /metrics, both on 127.0.0.1.
	Port, MetricsPort int

	t        testing.TB
	binaries *Binaries
	dir      string
	secure   bool
	cmd      *exec.Cmd
	exited   chan struct{}
	exitErr  error // set before exited is closed
	log      lockedBuffer
}

// Start starts a server and returns when it is ready. The server is stopped
// when the test ends.
func (b *Binaries) Start(t testing.TB, opts Options) *Server {
	t.Helper()
	s := &Server{t: t, binaries: b}
	t.Cleanup(s.cleanup)
	if err := s.prepare(opts); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	return s
}

// URL returns the base of the HTTP API.
func (s *Server) URL() string {
	if s.secure {
		return fmt.Sprintf("https://127.0.0.1:%d", s.Port)
	}
	return fmt.Sprintf("http://127.0.0.1:%d", s.Port)
}

// PID returns the process id of the core.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Log returns what the server has written so far.
func (s *Server) Log() string { return s.log.String() }

// Restart starts the server again, on the same ports, after Stop or Kill, and
// returns when it is ready.
func (s *Server) Restart() error {
	if err := s.start(); err != nil {
		return err
	}
	return s.waitReady()
}

// Stop ends the server as an operator would, with SIGTERM, and waits for it. It
// fails if the server does not end in time or exits with an error.
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

// Kill ends the server at once.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

// Dump ends the server as one ends a program that hangs, with SIGQUIT, and
// returns the stacks of its goroutines.
func (s *Server) Dump() (string, error) {
	before := len(s.Log())
	if err := s.end(syscall.SIGQUIT); err != nil {
		return "", err
	}
	return s.Log()[before:], nil
}

func (s *Server) prepare(opts Options) error {
	dir, err := os.MkdirTemp("", "jf-") // short: the path of a socket ends at 108 bytes
	if err != nil {
		return fmt.Errorf("make server directory: %w", err)
	}
	s.dir = dir
	s.Port, s.MetricsPort = testserver.Port(s.t), testserver.Port(s.t) // which no client is given meanwhile
	return s.configure(opts)
}

// configure writes the configuration file and, for TLS, the certificate.
func (s *Server) configure(opts Options) error {
	if opts.Apps == nil {
		opts.Apps = []App{Demo}
	}
	cfg := config(s.Port, s.MetricsPort, filepath.Join(s.dir, "run"), s.binaries.plugins, opts.Apps, opts.Config)
	if s.secure = opts.TLS; s.secure {
		cert, key, err := makeCertificate(s.dir)
		if err != nil {
			return err
		}
		cfg["ssl"] = map[string]any{"enabled": true, "cert_path": cert, "key_path": key}
	}
	text, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return fmt.Errorf("encode configuration: %w", err)
	}
	return os.WriteFile(s.configPath(), text, 0o600)
}

func (s *Server) configPath() string { return filepath.Join(s.dir, "config.json") }

func (s *Server) start() error {
	cmd := exec.Command(s.binaries.Core(), "--config", s.configPath(), "--plugin-dir", s.binaries.PluginDir())
	cmd.Env = environment()
	cmd.Dir = s.dir
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	cmd.WaitDelay = 5 * time.Second // for plugins, which share its output, to end
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start server: %w", err)
	}
	exited := make(chan struct{})
	s.cmd, s.exited = cmd, exited
	go func() {
		s.exitErr = cmd.Wait()
		close(exited)
	}()
	return nil
}

// environment is what a server needs of ours; settings of this machine must not reach it.
func environment() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ", "GOCOVERDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	if raceEnabled {
		env = append(env, "GORACE=atexit_sleep_ms=0") // else each end takes a second
	}
	return env
}

func (s *Server) waitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if s.answers(ctx) {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.exited:
			s.cmd = nil
			return fmt.Errorf("server ended before it was ready: %v", s.exitErr)
		case <-ctx.Done():
			return errors.New("server is not ready in time")
		}
	}
}

func (s *Server) answers(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/up", nil)
	if err != nil {
		return false
	}
	resp, err := anyCertificate.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// end sends sig and waits for the process; a server that outlives its time is killed.
func (s *Server) end(sig syscall.Signal) error {
	if s.cmd == nil {
		return nil
	}
	_ = s.cmd.Process.Signal(sig)
	select {
	case <-s.exited:
	case <-time.After(endWithin):
		_ = s.cmd.Process.Kill()
		<-s.exited
		return fmt.Errorf("server did not end within %v of %v", endWithin, sig)
	}
	s.cmd = nil
	if sig == syscall.SIGTERM {
		return s.exitErr
	}
	return nil
}

func (s *Server) cleanup() {
	if err := s.Stop(); err != nil {
		s.t.Errorf("stop server: %v", err)
	}
	if strings.Contains(s.Log(), "DATA RACE") {
		s.t.Error("the race detector found something")
	}
	if s.t.Failed() {
		s.t.Logf("server log:\n%s", strings.TrimSpace(s.Log()))
	}
	_ = os.RemoveAll(s.dir)
}

// lockedBuffer collects the output of a process; safe for concurrent use.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
