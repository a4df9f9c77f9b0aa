package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/jackfield/jackfield"

// pkg is what the rules need to know about a package, as `go list` tells it.
type pkg struct {
	ImportPath, Name, Doc, Dir string
	GoFiles, TestGoFiles       []string
	Imports                    []string
	TestImports, XTestImports  []string
	Deps                       []string
}

// root returns the top of the workspace.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var (
	packagesOnce sync.Once
	packagesSeen []pkg
	packagesErr  error
)

// packages returns the packages of all modules of the workspace.
func packages(t *testing.T) []pkg {
	t.Helper()
	packagesOnce.Do(func() { packagesSeen, packagesErr = listPackages(root(t)) })
	if packagesErr != nil {
		t.Fatal(packagesErr)
	}
	return packagesSeen
}

func listPackages(dir string) ([]pkg, error) {
	modules, err := goList(dir, "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	// -e: an import that the compiler refuses is still told to the rules.
	args := []string{"-e", "-json=ImportPath,Name,Doc,Dir,GoFiles,TestGoFiles,Imports,TestImports,XTestImports,Deps"}
	for _, m := range strings.Fields(string(modules)) {
		args = append(args, m+"/...")
	}
	out, err := goList(dir, args...)
	if err != nil {
		return nil, err
	}
	return decodePackages(out)
}

func decodePackages(out []byte) ([]pkg, error) {
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		}
		all = append(all, p)
	}
}

func goList(dir string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	return cmd.Output()
}

// within reports whether the package path is prefix or lies below it.
func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// files calls visit with every file of the repository that people wrote, by its
// path from the top.
func files(t *testing.T, visit func(name string, text []byte)) {
	t.Helper()
	top := os.DirFS(root(t))
	err := fs.WalkDir(top, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return skipDir(name, d, err)
		}
		if !d.Type().IsRegular() || d.Name() == ".git" { // a file where the tree is a worktree
			return nil
		}
		text, err := fs.ReadFile(top, name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(text, 0) < 0 {
			visit(name, text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func skipDir(name string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	switch base := d.Name(); {
	case base == "node_modules", base == "bin", base == ".git", base == ".cache":
		return fs.SkipDir
	default:
		return nil
	}
}

// generated reports whether a Go file was written by a program.
func generated(text []byte) bool {
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("// Code generated ")) {
			return true
		}
		if bytes.HasPrefix(line, []byte("package ")) {
			return false
		}
	}
	return false
}
