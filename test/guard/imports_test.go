package guard

import (
	"slices"
	"strings"
	"testing"
)

// TestSDKNeverImportsTheCore keeps the contracts usable by programs that have no core.
func TestSDKNeverImportsTheCore(t *testing.T) {
	for _, p := range below(t, module+"/sdk") {
		for _, path := range p.all() {
			if own(path) && !within(path, module+"/sdk") {
				t.Errorf("%s imports %s: the sdk knows only itself", p.ImportPath, path)
			}
		}
	}
}

// TestPluginsKnowOnlyTheSDK keeps plugins separate programs.
func TestPluginsKnowOnlyTheSDK(t *testing.T) {
	for _, p := range below(t, module+"/plugins") {
		name, _, _ := strings.Cut(strings.TrimPrefix(p.ImportPath, module+"/plugins/"), "/")
		for _, path := range p.all() {
			if own(path) && !within(path, module+"/sdk") && !within(path, module+"/plugins/"+name) {
				t.Errorf("%s imports %s: a plugin knows only itself and the sdk", p.ImportPath, path)
			}
		}
	}
}

// drivers are libraries which only plugins may link, and why a server must not.
var drivers = map[string]string{
	"github.com/redis/go-redis":                "Redis is the plugin redis",
	"github.com/jackc/pgx":                     "PostgreSQL is the plugin sql",
	"github.com/go-sql-driver/mysql":           "MySQL is the plugin sql",
	"github.com/aws/aws-sdk-go-v2":             "AWS is the plugins dynamodb and sqs",
	"github.com/apache/cassandra-gocql-driver": "CQL is the plugin scylla",
	"github.com/jellydator/ttlcache":           "the memory cache is the plugin memory",
}

// TestCoreLinksNoDriver looks at everything the server binary is made of.
func TestCoreLinksNoDriver(t *testing.T) {
	for _, p := range slices.Concat(below(t, module+"/core"), below(t, module+"/cmd")) {
		for _, dep := range p.Deps {
			for driver, why := range drivers {
				if within(dep, driver) {
					t.Errorf("%s depends on %s: %s", p.ImportPath, dep, why)
				}
			}
			if within(dep, module+"/plugins") {
				t.Errorf("%s depends on %s: plugins are separate programs", p.ImportPath, dep)
			}
		}
	}
}

// doors lists libraries with one door: the only packages that may import them.
var doors = map[string][]string{
	"github.com/lxzan/gws":           {module + "/core/internal/ws"},
	"github.com/hashicorp/go-plugin": {module + "/core/internal/plugin", module + "/sdk"},
	"github.com/knadh/koanf":         {module + "/core/config"},
	"github.com/prometheus":          {module + "/core/internal/metrics"},
	module + "/sdk/wire/backendv1":   {module + "/sdk/wire"},
	"google.golang.org/protobuf":     {module + "/sdk/wire"},
}

// TestDoors: a library that we may one day replace is known in one place.
func TestDoors(t *testing.T) {
	for _, p := range packages(t) {
		for _, path := range p.all() {
			for library, allowed := range doors {
				inside := func(door string) bool { return within(p.ImportPath, door) }
				if within(path, library) && !slices.ContainsFunc(allowed, inside) {
					t.Errorf("%s imports %s: only %s may", p.ImportPath, path, strings.Join(allowed, " and "))
				}
			}
		}
	}
}

// TestPusherIsPure: the protocol is values; it does no I/O. (net/http lends it the
// names of status codes.)
func TestPusherIsPure(t *testing.T) {
	impure := []string{"net", "os", "log", "context"}
	for _, p := range below(t, module+"/core/internal/pusher") {
		for _, path := range p.Imports {
			if slices.Contains(impure, path) || own(path) && !within(path, p.ImportPath) {
				t.Errorf("%s imports %s: the protocol is pure values", p.ImportPath, path)
			}
		}
	}
}

// TestProgramsLinkNoSuite: the conformance suites are for tests. (go-plugin itself
// links package testing; nothing of ours adds to it.)
func TestProgramsLinkNoSuite(t *testing.T) {
	for _, p := range packages(t) {
		if p.Name == "main" && slices.Contains(p.Deps, module+"/sdk/plugintest") {
			t.Errorf("%s links the conformance suites", p.ImportPath)
		}
		outside := within(p.ImportPath, module+"/sdk/plugintest") || within(p.ImportPath, module+"/test")
		if !outside && slices.Contains(p.Imports, "testing") {
			t.Errorf("%s imports testing outside its tests", p.ImportPath)
		}
	}
}

func below(t *testing.T, prefix string) []pkg {
	t.Helper()
	var found []pkg
	for _, p := range packages(t) {
		if within(p.ImportPath, prefix) {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no package below %s: the rule guards nothing", prefix)
	}
	return found
}

func own(path string) bool { return within(path, module) }

// all returns what the package and its tests import.
func (p pkg) all() []string { return slices.Concat(p.Imports, p.TestImports, p.XTestImports) }
