package plugintest

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Build is the plugin in the directory of the tests, built as it is released
// when the first test asks for it. One stands in a variable of the package:
//
//	var build plugintest.Build
//
// and TestMain calls Remove after the tests. Methods may be called at the same time.
type Build struct {
	once sync.Once
	dir  string
	path string
	out  string
	err  error
}

// Path returns the file of the program, which is named like the package's
// directory. A test whose program cannot be built fails and says why.
func (b *Build) Path(t *testing.T) string {
	t.Helper()
	b.once.Do(b.make)
	if b.err != nil {
		t.Fatalf("build the plugin: %v\n%s", b.err, b.out)
	}
	return b.path
}

func (b *Build) make() {
	source, err := os.Getwd()
	if err == nil {
		b.dir, err = os.MkdirTemp("", "plugin")
	}
	if err != nil {
		b.err = err
		return
	}
	b.path = filepath.Join(b.dir, filepath.Base(source))
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.path, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	b.out, b.err = string(out), err
}

// Remove deletes what was built. No test follows.
func (b *Build) Remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}
