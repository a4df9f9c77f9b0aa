package guard

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

// seriesName finds the names of series where samples are made.
var seriesName = regexp.MustCompile(`(?:Name:\s+|\b(?:counter|gauge|count)\()"([a-z]+(?:_[a-z]+)+)"`)

// TestPluginsHaveSeriesOfTheirOwn: a series of a plugin under a name that the
// server gives to its own samples would be added to them by whoever sums up.
func TestPluginsHaveSeriesOfTheirOwn(t *testing.T) {
	servers := seriesBelow(t, "core/internal/")
	for name, file := range seriesBelow(t, "plugins/") {
		if mine, both := servers[name]; both {
			t.Errorf("%s and %s both have the series %s: give the plugin's another name", file, mine, name)
		}
	}
	if servers["app_store_calls_total"] == "" {
		t.Error("the series of the server are not found any more")
	}
}

// seriesBelow returns the names of series in the code below a directory, each with its file.
func seriesBelow(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	files(t, func(name string, text []byte) {
		if !strings.HasPrefix(name, dir) || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/") {
			return
		}
		for _, match := range seriesName.FindAllStringSubmatch(string(text), -1) {
			found[match[1]] = name
		}
	})
	return found
}
