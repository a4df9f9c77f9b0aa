package testserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// patience is how long a server may take to answer; machines are busy.
const patience = 3 * time.Minute

// Command is a server that can be started, any number of times.
type Command struct {
	// Name is what messages call the server.
	Name string
	// Path is the program; Args its arguments.
	Path string
	Args []string
	// Dir is its working directory, and where its output goes (output.log).
	Dir string
	// Env is added to the environment.
	Env []string
	// User runs it as another user of this machine; empty: the user of the test.
	User string
	// Ready returns nil once the server answers. It is called again and again;
	// ctx bounds one call.
	Ready func(ctx context.Context) error
}

// Process is a running server. Its methods fail the test when they cannot do
// what they say, and are called by one goroutine at a time.
type Process struct {
	tb     TB
	spec   Command
	cmd    *exec.Cmd
	exited chan struct{}
}

// Start starts a server, waits until it is ready, and has it end with tb.
func Start(tb TB, spec Command) *Process {
	tb.Helper()
	p := &Process{tb: tb, spec: spec}
	tb.Cleanup(p.end)
	p.start()
	return p
}

func (p *Process) start() {
	p.tb.Helper()
	out, err := os.OpenFile(filepath.Join(p.spec.Dir, "output.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		p.tb.Fatalf("start %s: %v", p.spec.Name, err)
		return
	}
	defer func() { _ = out.Close() }()
	p.cmd = exec.Command(p.spec.Path, p.spec.Args...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = p.spec.Dir, out, out
	p.cmd.Env = append(os.Environ(), p.spec.Env...)
	p.cmd.SysProcAttr = attributes()
	if err = as(p.cmd, p.spec.User); err == nil {
		err = spawn(p.cmd)
	}
	if err != nil {
		p.cmd = nil
		p.tb.Fatalf("start %s: %v; `make deps` installs what the tests need", p.spec.Name, err)
		return
	}
	p.exited = make(chan struct{})
	go wait(p.cmd, p.exited)
	p.await()
}

func wait(cmd *exec.Cmd, exited chan<- struct{}) {
	_ = cmd.Wait()
	close(exited)
}

// await returns when the server is ready.
func (p *Process) await() {
	p.tb.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		err := p.ask()
		if err == nil {
			return
		}
		select {
		case <-p.exited:
			p.tb.Fatalf("%s ended before it was ready (%v): %s", p.spec.Name, err, p.tail())
			return
		case <-deadline.C:
			p.tb.Fatalf("%s is not ready after %v (%v): %s", p.spec.Name, patience, err, p.tail())
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *Process) ask() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return p.spec.Ready(ctx)
}

// tail is the end of what the server has written.
func (p *Process) tail() string {
	const most = 4 << 10
	text, err := os.ReadFile(filepath.Join(p.spec.Dir, "output.log"))
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}

// Kill ends the server and its children with SIGKILL and waits for its end. It
// does nothing if the server is not running.
func (p *Process) Kill() {
	if p.cmd == nil {
		return
	}
	killTree(p.cmd.Process.Pid)
	<-p.exited
	p.cmd = nil
}

// Restart starts the server again with its data, after a Kill if it still runs,
// and returns when it is ready.
func (p *Process) Restart() {
	p.tb.Helper()
	p.Kill()
	p.start()
}

// Pause stops the server with SIGSTOP: its connections stay open, nothing answers.
func (p *Process) Pause() { p.signal(syscall.SIGSTOP) }

// Resume ends Pause.
func (p *Process) Resume() { p.signal(syscall.SIGCONT) }

// Running reports whether the server was started and has not ended.
func (p *Process) Running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

func (p *Process) signal(s syscall.Signal) {
	p.tb.Helper()
	if p.cmd == nil {
		p.tb.Fatalf("%s: %v: it is not running", p.spec.Name, s)
		return
	}
	if err := signalTree(p.cmd.Process.Pid, s); err != nil {
		p.tb.Fatalf("%s: %v: %v", p.spec.Name, s, err)
	}
}

// end kills the server, and says so if it had ended by itself.
func (p *Process) end() {
	if p.cmd != nil && !p.Running() {
		p.tb.Logf("%s had ended by itself (%v): %s", p.spec.Name, p.cmd.ProcessState, p.tail())
	}
	p.Kill()
}

// spawner starts all processes on one thread that never ends, because the kernel
// ends a child when the thread that started it does.
var spawner = sync.OnceValue(func() chan<- spawning {
	requests := make(chan spawning)
	go func() {
		runtime.LockOSThread()
		for r := range requests {
			r.done <- r.cmd.Start()
		}
	}()
	return requests
})

type spawning struct {
	cmd  *exec.Cmd
	done chan error
}

func spawn(cmd *exec.Cmd) error {
	r := spawning{cmd, make(chan error, 1)}
	spawner() <- r
	return <-r.done
}

// run runs a program to its end; its output belongs to the error.
func run(name, path string, args ...string) error {
	return runAs("", name, path, args...)
}

func runAs(user, name, path string, args ...string) error {
	cmd := exec.Command(path, args...)
	cmd.Dir = "/"
	if err := as(cmd, user); err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

var errNotInstalled = errors.New("is not installed; `make deps` installs what the tests need")
