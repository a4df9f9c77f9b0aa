package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files and the reference anew")

// Each file under testdata/problems is loaded; beside it stands what must come
// out, and optionally an environment.
func TestAllProblemsAtOnce(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file := filepath.Base(path)
		if strings.HasSuffix(file, ".golden") || strings.HasSuffix(file, ".env") {
			continue
		}
		t.Run(file, func(t *testing.T) {
			env, err := os.ReadFile(path + ".env")
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			_, notices, err := Load(Source{
				ConfigPath: file, WorkDir: "testdata/problems", Environ: strings.Split(string(env), "\n"),
			})
			golden(t, path+".golden", told(notices, err))
		})
	}
}

// told is what the operator reads.
func told(notices []Notice, err error) string {
	var b strings.Builder
	for _, n := range notices {
		level := "info: "
		if n.Warning {
			level = "warn: "
		}
		b.WriteString(level + n.String() + "\n")
	}
	if err != nil {
		b.WriteString(err.Error() + "\n")
	}
	return b.String()
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-update writes it anew):\n%s", path, diff)
	}
}
