package plugin

import (
	"errors"
	"fmt"
	"os"
)

// pipes are the ends of what connects a child: R are read, W are written.
type pipes struct {
	stdin                *os.File
	stdoutR, stdoutW     *os.File
	stderrR, stderrW     *os.File
	lifelineR, lifelineW *os.File
}

func openPipes() (*pipes, error) {
	p := new(pipes)
	var errs [4]error
	p.stdin, errs[0] = os.Open(os.DevNull)
	p.stdoutR, p.stdoutW, errs[1] = os.Pipe()
	p.stderrR, p.stderrW, errs[2] = os.Pipe()
	p.lifelineR, p.lifelineW, errs[3] = os.Pipe()
	if err := errors.Join(errs[:]...); err != nil {
		p.closeTheirs()
		p.closeOurs()
		return nil, fmt.Errorf("open the plugin's pipes: %w", err)
	}
	return p, nil
}

// theirs are the child's files from descriptor 0 on.
func (p *pipes) theirs() []*os.File {
	return []*os.File{p.stdin, p.stdoutW, p.stderrW, p.lifelineR}
}

func (p *pipes) closeTheirs() { closeFiles(p.stdin, p.stdoutW, p.stderrW, p.lifelineR) }
func (p *pipes) closeOurs()   { closeFiles(p.stdoutR, p.stderrR, p.lifelineW) }

// closeFiles closes files; closing a nil file does nothing.
func closeFiles(files ...*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}
