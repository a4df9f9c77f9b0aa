package guard

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strings"
	"testing"
)

const (
	maxLines   = 500
	compatFile = "core/internal/compat/names.go"
)

// TestFilesAreShort: a file is one thought.
func TestFilesAreShort(t *testing.T) {
	files(t, func(name string, text []byte) {
		if path.Ext(name) != ".go" || generated(text) {
			return
		}
		if n := bytes.Count(text, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, more than %d", name, n, maxLines)
		}
	})
}

// TestOneFileKnowsTheOtherName: the names taken over from Sockudo stand in one file.
func TestOneFileKnowsTheOtherName(t *testing.T) {
	goSources(t, func(name string, file *ast.File, fset *token.FileSet) {
		if name == compatFile || strings.HasSuffix(name, "_test.go") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if ok && lit.Kind == token.STRING && strings.Contains(strings.ToLower(lit.Value), "sockudo") {
				t.Errorf("%s: %s belongs into %s", fset.Position(lit.Pos()), lit.Value, compatFile)
			}
			return true
		})
	})
}

// TestNothingIsLeftForLater: what is committed is finished.
func TestNothingIsLeftForLater(t *testing.T) {
	left := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)
	eachLine(t, left, "finish it or delete it")
}

// TestNoMachineIsMentioned: paths of a developer's machine mean nothing to a reader.
func TestNoMachineIsMentioned(t *testing.T) {
	machine := regexp.MustCompile(`(^|[\s"'` + "`" + `(=:])/(root|work|home/[a-z]+|Users)/`)
	eachLine(t, machine, "a path of somebody's machine")
}

func goSources(t *testing.T, visit func(name string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	fset := token.NewFileSet()
	files(t, func(name string, text []byte) {
		if path.Ext(name) != ".go" || generated(text) || strings.Contains(name, "testdata/") {
			return
		}
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("parse: %v", err)
			return
		}
		visit(name, file, fset)
	})
}

// eachLine reports every line of the repository's text that matches.
func eachLine(t *testing.T, pattern *regexp.Regexp, why string) {
	t.Helper()
	files(t, func(name string, text []byte) {
		if path.Base(name) == "package-lock.json" || path.Base(name) == "go.sum" || generated(text) {
			return
		}
		number := 0
		for line := range bytes.Lines(text) {
			number++
			if found := pattern.Find(line); found != nil {
				t.Errorf("%s:%d: %q: %s", name, number, bytes.TrimSpace(found), why)
			}
		}
	})
}
