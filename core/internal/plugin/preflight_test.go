package plugin

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func writeProgram(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// otherMachine returns the test's own program, labelled for another architecture.
func otherMachine(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	const machineOffset = 18
	binary.LittleEndian.PutUint16(data[machineOffset:], 22) // s390
	return string(data)
}

func TestPreflightRefusals(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	tests := []struct {
		name, path, sum, want string
	}{
		{"absent", "/no/such/file", "", "does not exist"},
		{"a directory", t.TempDir(), "", "no regular file"},
		{"not executable", writeProgram(t, "#!/bin/sh\n", 0o644), "", "chmod +x"},
		{"no program", writeProgram(t, "hello world", 0o755), "", "neither a Linux program"},
		{"empty", writeProgram(t, "", 0o755), "", "neither a Linux program"},
		{"other architecture", writeProgram(t, otherMachine(t), 0o755), "", "program for s390x"},
		{"wrong hash", "/proc/self/exe", sum, "expected " + sum},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := openProgram(tt.path, tt.sum)
			if err == nil {
				p.close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("openProgram: %v, want %q", err, tt.want)
			}
		})
	}
}

func TestProgramIsExecutedAsChecked(t *testing.T) {
	path := writeProgram(t, "#!/bin/sh\necho first\n", 0o755)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum, err := checksum(f)
	if err != nil {
		t.Fatal(err)
	}
	p, err := openProgram(path, sum)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho other\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.executable(t.TempDir()); err == nil || !strings.Contains(err.Error(), "changed while") {
		t.Errorf("a script changed after its check: %v", err)
	}
}

func TestLockRoundTrip(t *testing.T) {
	dir := pluginDir(t, "script=#!/bin/sh\n", "other=#!/bin/sh\n", `script.plugin.json={"version":"1.2.3"}`)
	file := filepath.Join(dir, lockFileName)
	foreign := `{"version":1,"plugins":[{"name":"script","os":"plan9","arch":"mips","sha256":"00"}]}`
	if err := os.WriteFile(file, []byte(foreign), 0o644); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(pluginDir(t, "theirs=#!/bin/sh"), "theirs")
	written, entries, err := Lock(Options{Dir: dir, Plugins: map[string]PluginConfig{
		"mine": {Path: elsewhere}, "attached": {Address: "unix:///s"},
	}})
	if err != nil || written != file {
		t.Fatalf("written to %s, %v", written, err)
	}
	if len(entries) != 4 || entries[1].Name != "mine" || entries[2].Name != "other" {
		t.Fatalf("entries %+v", entries)
	}
	if entries = slices.Delete(entries, 1, 2); len(entries) != 3 || entries[2].Version != "1.2.3" || entries[2].Note != scriptNote || entries[0].OS != "plan9" {
		t.Errorf("entries %+v", entries)
	}
	l, err := openLock("", dir)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := l.checksumOf("script")
	if err != nil {
		t.Fatal(err)
	}
	p, err := openProgram(filepath.Join(dir, "script"), sum)
	if err != nil {
		t.Fatal(err)
	}
	p.close()
	if _, err := l.checksumOf("absent"); err == nil || !strings.Contains(err.Error(), "is not in") {
		t.Errorf("a plugin that was not locked: %v", err)
	}
	if _, err := openLock(filepath.Join(dir, "none"), dir); err == nil {
		t.Error("a lock file that was named may be absent")
	}
}
