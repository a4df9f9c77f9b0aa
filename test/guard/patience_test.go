package guard

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// TestNoTestSleeps: a test waits for what it waits for. In a bubble of
// testing/synctest the clock is simulated, and sleeping is waiting.
func TestNoTestSleeps(t *testing.T) {
	eachTestFile(t, func(file *ast.File, fset *token.FileSet) {
		if imports(file, "testing/synctest") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if on, name := selected(n); on == "time" && name == "Sleep" {
				t.Errorf("%s: time.Sleep: wait on a condition", fset.Position(n.Pos()))
			}
			return true
		})
	})
}

// TestNoTestIsSkipped: a test that does not run proves nothing. (Skip of a
// property test's own T only asks for other input.)
func TestNoTestIsSkipped(t *testing.T) {
	eachTestFile(t, func(file *ast.File, fset *token.FileSet) {
		for _, f := range functions(file) {
			ast.Inspect(f.body, func(n ast.Node) bool {
				if _, inner := n.(*ast.FuncLit); inner {
					return false // is one of functions itself
				}
				if on, name := selected(n); strings.HasPrefix(name, "Skip") && slices.Contains(f.testers, on) {
					t.Errorf("%s: %s.%s: a test always runs", fset.Position(n.Pos()), on, name)
				}
				return true
			})
		}
	})
}

// function is the body of a function and what it may call its *testing.T.
type function struct {
	body    *ast.BlockStmt
	testers []string
}

// functions returns all functions of a file, literals as well.
func functions(file *ast.File) []function {
	var all []function
	ast.Inspect(file, func(n ast.Node) bool {
		switch f := n.(type) {
		case *ast.FuncDecl:
			if f.Body != nil {
				all = append(all, function{f.Body, testers(f.Type)})
			}
		case *ast.FuncLit:
			all = append(all, function{f.Body, testers(f.Type)})
		}
		return true
	})
	return all
}

// testers returns the names of parameters whose type is of package testing.
func testers(f *ast.FuncType) []string {
	var names []string
	for _, param := range f.Params.List {
		typ := param.Type
		if star, ok := typ.(*ast.StarExpr); ok {
			typ = star.X
		}
		if pkg, _ := selected(typ); pkg == "testing" {
			for _, name := range param.Names {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func eachTestFile(t *testing.T, visit func(file *ast.File, fset *token.FileSet)) {
	t.Helper()
	goSources(t, func(name string, file *ast.File, fset *token.FileSet) {
		if strings.HasSuffix(name, "_test.go") {
			visit(file, fset)
		}
	})
}

// selected returns x and name of an expression x.name.
func selected(n ast.Node) (x, name string) {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if id, ok := sel.X.(*ast.Ident); ok {
		return id.Name, sel.Sel.Name
	}
	return "", ""
}

func imports(file *ast.File, path string) bool {
	return slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"`+path+`"` })
}
