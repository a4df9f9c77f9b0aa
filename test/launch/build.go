package launch

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Binaries are the core and some plugins.
type Binaries struct {
	dir       string
	pluginDir string // "": the usual place in dir
	plugins   []string
}

// Build compiles the core, the memory plugin and the plugins with these names
// into a new temporary directory, with the race detector if the calling test has it.
func Build(plugins ...string) (*Binaries, error) { return BuildAs("", plugins...) }

// BuildAs is Build for programs that say that they are of this version.
func BuildAs(version string, plugins ...string) (*Binaries, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "jackfield-bin-")
	if err != nil {
		return nil, fmt.Errorf("make directory for binaries: %w", err)
	}
	b := &Binaries{dir: dir, plugins: append([]string{"memory"}, plugins...)}
	err = compile(root, version, b.Core(), "./cmd/jackfield")
	for _, name := range b.plugins {
		if err == nil {
			err = compile(root, version, b.Plugin(name), "./plugins/"+name)
		}
	}
	if err != nil {
		b.Remove()
		return nil, err
	}
	return b, nil
}

// Core returns the path of the server binary.
func (b *Binaries) Core() string { return filepath.Join(b.dir, "jackfield") }

// PluginDir returns the directory of the plugin binaries.
func (b *Binaries) PluginDir() string {
	return cmp.Or(b.pluginDir, filepath.Join(b.dir, "plugins"))
}

// Plugin returns the path of the plugin binary with this name.
func (b *Binaries) Plugin(name string) string { return filepath.Join(b.PluginDir(), name) }

// Remove deletes the binaries.
func (b *Binaries) Remove() { _ = os.RemoveAll(b.dir) }

func compile(root, version, out, pkg string) error {
	args := []string{"build", "-o", out}
	if version != "" {
		args = append(args, "-ldflags", "-X main.version="+version)
	}
	if raceEnabled {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, text)
	}
	return nil
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
