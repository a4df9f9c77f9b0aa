package plugin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSweepTakesTheDeadOnly(t *testing.T) {
	base := shortDir(t)
	first, err := openRunDir(base)
	if err != nil {
		t.Fatal(err)
	}
	defer first.close()
	socket := filepath.Join(base, "999-dead", "1", "plugin-dir1", "plugin2")
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(socket, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := openRunDir(base)
	if err != nil {
		t.Fatal(err)
	}
	defer second.close()
	if _, err := os.Stat(filepath.Join(base, "999-dead")); !os.IsNotExist(err) {
		t.Errorf("the dead host's directory: %v", err)
	}
	if _, err := os.Stat(first.path); err != nil {
		t.Errorf("the living host's directory: %v", err)
	}
}

func TestRunDirIsPrivateAndShort(t *testing.T) {
	base := filepath.Join(shortDir(t), "base")
	if err := os.Mkdir(base, 0o777); err != nil {
		t.Fatal(err)
	}
	r, err := openRunDir(base)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	dir, err := r.instance()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{base, r.path, dir} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	if _, err := openRunDir(long); err == nil || !strings.Contains(err.Error(), "plugin_run_dir") {
		t.Errorf("a long path: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(base, link); err != nil {
		t.Fatal(err)
	}
	if _, err := openRunDir(link); err == nil {
		t.Error("a link was taken for a directory")
	}
}

// shortDir makes a directory with a path that is short enough for sockets.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "jf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
