//go:build linux

package target

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Process is a running program on one processor. It ends with this program.
type Process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	log    lockedBuffer
	exited chan struct{}
}

// start starts a program on a processor.
func start(processor int, name string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(name, args...), exited: make(chan struct{})}
	p.cmd.Env = environment()
	p.cmd.Stderr = &p.log
	p.cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := on(p.cmd.Start, processor); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_, _ = p.cmd.Process.Wait()
		close(p.exited)
	}()
	return p, nil
}

// environment is what a program needs of ours; settings of this machine must
// not reach a server.
func environment() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// line reads the next line that the program prints.
func (p *Process) line() (string, error) {
	if !p.out.Scan() {
		return "", fmt.Errorf("%s ended: %s", p.cmd.Path, p.log.String())
	}
	return p.out.Text(), nil
}

// Stop asks the program to end, and makes it after ten seconds.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(unix.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// CPU is the processor time that all threads of the process together have used.
func (p *Process) CPU() time.Duration { return cpuOf(p.pid()) }

// ChildrenCPU is that of the programs which the process has started, and which run.
func (p *Process) ChildrenCPU() (total time.Duration) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.pid()))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, child := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(child); err == nil {
				total += cpuOf(pid)
			}
		}
	}
	return total
}

func cpuOf(pid int) time.Duration {
	clock := int32(^pid)<<3 | 2 // how the kernel numbers the scheduler's clocks of processes
	var ts unix.Timespec
	if err := unix.ClockGettime(clock, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// Writes is the number of calls of write(2) and its kin so far.
func (p *Process) Writes() int64 { return p.field("io", "syscw:") }

// RSS is the resident memory in bytes.
func (p *Process) RSS() int64 { return 1024 * p.field("status", "VmRSS:") }

func (p *Process) pid() int { return p.cmd.Process.Pid }

// field reads a number from a file of /proc; 0 if there is none.
func (p *Process) field(file, name string) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.pid(), file))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}

// lockedBuffer keeps the last of what a process wrote. Its methods may be called
// at the same time.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

const mostLog = 64 << 10

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if over := b.buf.Len() + len(p) - mostLog; over > 0 {
		b.buf.Next(over)
	}
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
