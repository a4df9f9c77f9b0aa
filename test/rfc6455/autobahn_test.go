package rfc6455

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sections of the suite that are run. Its sections 12 and 13 are about compression;
// the runner does not get through them, the tables of this package do.
var sections = []string{"1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"}

func TestAutobahn(t *testing.T) {
	address := startEcho(t)
	args := []string{"--outdir", t.TempDir(), "--parallelism", "2"}
	for _, section := range sections {
		args = append(args, "--include", section)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, kosoku(t), append(args, address)...).CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.Contains(string(out), "301 cases passed") {
		t.Errorf("not all cases passed: %v", err)
	}
}

// kosoku returns the path of the runner.
func kosoku(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, "jackfield", "tools", "kosoku-0.1.0", "bin", "kosoku")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf(`the runner of the cases is not installed: run "make deps" (%v)`, err)
	}
	return path
}

// startEcho builds and starts the echo server and returns its address.
func startEcho(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "echo")
	const source = "github.com/jackfield/jackfield/core/internal/ws/testdata/echo"
	if out, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput(); err != nil {
		t.Fatalf("build echo: %v\n%s", err, out)
	}
	cmd := exec.Command(binary)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_, _ = io.Copy(io.Discard, stdout)
		if err := cmd.Wait(); err != nil {
			t.Errorf("echo: %v", err)
		}
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(address)
}
