package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// process is a program under measurement.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
	log bytes.Buffer
}

// run starts a program on the given processor.
func run(processor int, env []string, name string, args ...string) (*process, error) {
	args = append([]string{"-c", strconv.Itoa(processor), name}, args...)
	p := &process{cmd: exec.Command("taskset", args...)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = &p.log
	p.cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewScanner(out)
	return p, p.cmd.Start()
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop asks the program to end and waits for it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(unix.SIGTERM)
	done := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-done
	}
}

// cpu is the processor time that the process, all its threads together, has used.
func (p *process) cpu() time.Duration {
	clock := int32(^p.pid())<<3 | 2 // the process's scheduler clock, see clock_getcpuclockid(3)
	var ts unix.Timespec
	if err := unix.ClockGettime(clock, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// writes is the number of write(2) and similar calls so far.
func (p *process) writes() int64 { return p.field("io", "syscw:") }

// rss is the resident memory in KB.
func (p *process) rss() int64 { return p.field("status", "VmRSS:") }

func (p *process) field(file, name string) int64 {
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
