package guard

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedMetricsExist: what a column "metric" of the documentation names
// is a name in the code.
func TestDocumentedMetricsExist(t *testing.T) {
	literals := map[string]bool{}
	goSources(t, func(name string, file *ast.File, _ *token.FileSet) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				literals[strings.Trim(lit.Value, "`\"")] = true
			}
			return true
		})
	})
	metric := regexp.MustCompile("`([a-z0-9_]+)(?:\\{[^`]*)?`")
	checked := 0
	files(t, func(name string, text []byte) {
		if path.Ext(name) != ".md" {
			return
		}
		column := -1
		for line := range strings.Lines(string(text)) {
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			switch {
			case !strings.HasPrefix(line, "|"):
				column = -1
			case column < 0:
				column = metricColumn(cells)
			case column < len(cells):
				for _, found := range metric.FindAllStringSubmatch(cells[column], -1) {
					checked++
					if !literals[found[1]] {
						t.Errorf("%s: no code has a metric %q", name, found[1])
					}
				}
			}
		}
	})
	if checked < 20 {
		t.Errorf("only %d names were found", checked)
	}
}

// metricColumn is the column of a table's head that names metrics, -1 if none does.
func metricColumn(head []string) int {
	for i, cell := range head {
		if strings.TrimSpace(cell) == "metric" {
			return i
		}
	}
	return -1
}
