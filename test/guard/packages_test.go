package guard

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// TestEveryPackageHasAComment: a package comment is the guided tour of a package.
func TestEveryPackageHasAComment(t *testing.T) {
	for _, p := range packages(t) {
		if slices.ContainsFunc(p.GoFiles, written) && p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// written reports whether people wrote the file, not protoc.
func written(file string) bool { return !strings.HasSuffix(file, ".pb.go") }

// TestNoPackageIsADrawer: a name that says nothing collects everything.
func TestNoPackageIsADrawer(t *testing.T) {
	drawers := []string{"util", "utils", "common", "helper", "helpers", "misc", "types", "impl", "shared", "base"}
	for _, p := range packages(t) {
		if slices.Contains(drawers, p.Name) || slices.Contains(drawers, path.Base(p.ImportPath)) {
			t.Errorf("%s: name the package after what it is about", p.ImportPath)
		}
	}
}
