//go:build linux

package target

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Bench is where servers and floors come from.
type Bench struct {
	Processors
	root    string
	dir     string
	servers int
}

// built are the plugins that Build compiles.
var built = []string{"memory", "redis"}

// Build compiles the core and the plugins that are measured, as they are
// released, into a temporary directory.
func Build(p Processors) (*Bench, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "jf-") // short: the path of a socket ends at 108 bytes
	if err != nil {
		return nil, fmt.Errorf("make directory for binaries: %w", err)
	}
	b := &Bench{Processors: p, root: root, dir: dir}
	targets := map[string]string{b.core(): "./cmd/jackfield"}
	for _, name := range built {
		targets[b.Plugin(name)] = "./plugins/" + name
	}
	for out, pkg := range targets {
		if text, err := b.Go("build", "-trimpath", "-ldflags", "-s -w", "-o", out, pkg); err != nil {
			b.Remove()
			return nil, fmt.Errorf("%w\n%s", err, text)
		}
	}
	return b, nil
}

// Go runs the go command at the root of the module, on both processors, and
// returns what it printed. A test that fails is no error.
func (b *Bench) Go(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = b.root, append(os.Environ(), "CGO_ENABLED=0")
	var text []byte
	err := on(func() (err error) {
		text, err = cmd.CombinedOutput()
		return err
	}, b.Server, b.Client)
	if err != nil && !strings.Contains(string(text), "--- FAIL: ") {
		return string(text), fmt.Errorf("go %s: %w", args[0], err)
	}
	return string(text), nil
}

// Remove deletes what was built.
func (b *Bench) Remove() { _ = os.RemoveAll(b.dir) }

// Plugin is the path of a plugin's binary.
func (b *Bench) Plugin(name string) string { return filepath.Join(b.plugins(), name) }

func (b *Bench) core() string { return filepath.Join(b.dir, "jackfield") }

func (b *Bench) plugins() string { return filepath.Join(b.dir, "plugins") }

// serverDir makes the directory of another server.
func (b *Bench) serverDir() (string, error) {
	b.servers++
	dir := filepath.Join(b.dir, strconv.Itoa(b.servers))
	return dir, os.MkdirAll(dir, 0o700)
}

// moduleRoot returns the nearest directory upwards that holds go.work.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find module root: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find module root: no go.work above the working directory")
		}
		dir = parent
	}
}
