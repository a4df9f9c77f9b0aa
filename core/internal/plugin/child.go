package plugin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin/runner"
	"golang.org/x/sys/unix"
)

// lifelineFD is the number under which a plugin finds its lifeline: standard
// input, output and error come before it.
const lifelineFD = 3

// child is one process of a plugin, in a process group of its own. go-plugin
// drives it as a runner.Runner, but learns of its output no more than the
// handshake line, and of its end by the process alone: neither a strange log
// line nor a grandchild that holds a pipe can harm the server.
type child struct {
	program *program
	dir     string // private directory, with the socket
	token   string // what calls must carry
	version int    // of the protocol
	tls     bool
	logs    *logBridge
	env     []string

	handshakeR *io.PipeReader
	handshakeW *io.PipeWriter
	shake      shake

	exited chan struct{} // closed once the process is reaped

	mu       sync.Mutex
	process  *os.Process
	state    *os.ProcessState // after exited
	lifeline *os.File         // its end says: drain, then exit
	killed   bool             // by us
	reaped   bool
	readers  sync.WaitGroup
}

var errNoHandshake = errors.New("it ended before the handshake")

// shake is the outcome of the handshake, complete once done is closed.
type shake struct {
	done chan struct{}
	peer handshake
	err  error
}

var _ runner.Runner = (*child)(nil)

func newChild(p *program, dir, token string, version int, tls bool, logs *logBridge) *child {
	c := &child{
		program: p, dir: dir, token: token, version: version, tls: tls, logs: logs,
		exited: make(chan struct{}), shake: shake{done: make(chan struct{})},
	}
	c.handshakeR, c.handshakeW = io.Pipe()
	return c
}

// Start implements runner.Runner.
func (c *child) Start(context.Context) error {
	path, done, err := c.program.executable(c.dir)
	if err != nil {
		return err
	}
	defer done()
	p, err := openPipes()
	if err != nil {
		return err
	}
	defer p.closeTheirs()
	if err := c.begin(path, p); err != nil {
		p.closeOurs()
		return fmt.Errorf("start %s: %w", c.program.path, err)
	}
	_, _ = io.WriteString(p.lifelineW, c.token+"\n")
	c.watch(p)
	return nil
}

// begin starts the process, unless it was killed before it was born.
func (c *child) begin(path string, p *pipes) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.killed {
		return errors.New("it was given up before it began")
	}
	process, err := c.startProcess(path, p.theirs())
	if err == nil {
		c.process, c.lifeline = process, p.lifelineW
	}
	return err
}

// startProcess tries again when the file is busy: another thread of ours may
// have forked while the file was open for writing, and closes it in a moment.
func (c *child) startProcess(path string, files []*os.File) (*os.Process, error) {
	attr := &os.ProcAttr{
		Dir: c.dir, Env: append(c.env, "PLUGIN_LIFELINE_FD="+strconv.Itoa(lifelineFD)), Files: files,
		Sys: &syscall.SysProcAttr{Setpgid: true},
	}
	for try := 0; ; try++ {
		process, err := os.StartProcess(path, []string{c.program.path}, attr)
		if try == 3 || !errors.Is(err, unix.ETXTBSY) {
			return process, err
		}
		time.Sleep(20 * time.Millisecond << try)
	}
}

// watch starts the goroutines that read the pipes and wait for the process.
func (c *child) watch(p *pipes) {
	c.readers.Go(func() { c.logs.copy(p.stderrR); p.stderrR.Close() })
	c.readers.Go(func() { c.readStdout(p.stdoutR); p.stdoutR.Close() })
	go func() {
		waitExit(c.process.Pid)
		c.reap()
		// What is still in the pipes is read; a grandchild may hold them for ever.
		end := time.Now().Add(200 * time.Millisecond)
		_ = p.stderrR.SetReadDeadline(end)
		_ = p.stdoutR.SetReadDeadline(end)
		c.readers.Wait()
		close(c.exited)
	}()
}

// reap kills what is left of the group and collects the process. The process
// is still a zombie when the group is killed, so its number cannot be a
// stranger's.
func (c *child) reap() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = unix.Kill(-c.process.Pid, unix.SIGKILL)
	c.state, _ = c.process.Wait()
	c.reaped = true
	c.lifeline.Close()
}

// readStdout judges the first line and logs the others as a warning.
func (c *child) readStdout(r io.Reader) {
	lines := bufio.NewReaderSize(r, maxLogLine)
	line, _ := lines.ReadSlice('\n')
	if len(line) == 0 {
		c.shake.err = errNoHandshake
	} else {
		c.shake.peer, c.shake.err = parseHandshake(string(line), c.dir, c.version, c.tls)
	}
	close(c.shake.done)
	if c.shake.err == nil {
		_, _ = c.handshakeW.Write(line)
	}
	c.handshakeW.Close()
	stray := &lineWriter{line: c.logs.stray}
	_, _ = io.Copy(stray, lines)
	stray.flush()
}

// Wait implements runner.Runner: it returns when the process is gone.
func (c *child) Wait(context.Context) error {
	<-c.exited
	return nil
}

// Kill implements runner.Runner: it kills the whole group at once.
func (c *child) Kill(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reaped {
		return nil
	}
	c.killed = true
	if c.process == nil {
		return nil
	}
	return unix.Kill(-c.process.Pid, unix.SIGKILL)
}

// hangUp closes the lifeline: the plugin drains and exits.
func (c *child) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lifeline != nil {
		c.lifeline.Close()
	}
}

// pid returns the process's number, 0 if it was not started.
func (c *child) pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process == nil {
		return 0
	}
	return c.process.Pid
}

// ownEnd is whether the process ended by itself or by a stranger's hand, not
// by ours. It may be called after exited is closed.
func (c *child) ownEnd() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	status, ok := c.state.Sys().(syscall.WaitStatus)
	return !c.killed || !ok || !status.Signaled()
}

// fate says how the process ended. It may be called after exited is closed.
func (c *child) fate() string {
	text := "exited"
	if c.state != nil {
		text = c.state.String()
	}
	if crash := c.logs.firstCrashLine(); crash != "" {
		text += ": " + excerpt(crash)
	}
	return text
}

// Stdout implements runner.Runner: the handshake line, nothing else.
func (c *child) Stdout() io.ReadCloser { return c.handshakeR }

// Stderr implements runner.Runner: nothing, for go-plugin's reader panics on
// log lines that are not as it expects.
func (c *child) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Diagnose implements runner.Runner.
func (c *child) Diagnose(context.Context) string { return "" }

// Name implements runner.Runner.
func (c *child) Name() string { return c.program.path }

// ID implements runner.Runner.
func (c *child) ID() string {
	if pid := c.pid(); pid != 0 {
		return strconv.Itoa(pid)
	}
	return ""
}

// PluginToHost implements runner.Runner.
func (c *child) PluginToHost(network, addr string) (string, string, error) { return network, addr, nil }

// HostToPlugin implements runner.Runner.
func (c *child) HostToPlugin(network, addr string) (string, string, error) { return network, addr, nil }
