package plugin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// pluginDir makes a directory with the given files; names that end in
// ".json" hold what follows "=".
func pluginDir(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name, content, _ := strings.Cut(f, "=")
		mode := os.FileMode(0o755)
		if strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".md") {
			mode = 0o644
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCatalogListsProgramsOnly(t *testing.T) {
	dir := pluginDir(t, "redis", "memory", "notes.md", ".hidden", "plugins.lock", "script.py", "redis.plugin.json={}")
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	c, err := readCatalog(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"memory", "redis", "script.py"}, c.names()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResolve(t *testing.T) {
	dir := pluginDir(t, "redis", "memory", "sql", "memcached", "mystore", "nats",
		`mystore.plugin.json={"name":"mystore","drivers":[{"kind":"cache","name":"shiny"},{"kind":"queue","name":"shiny"}]}`)
	catalog, err := readCatalog(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := resolver{catalog: catalog, plugins: map[string]PluginConfig{
		"nats":  {Drivers: []string{"jetstream", "cache.both"}},
		"redis": {Drivers: []string{"queue.both"}},
		"other": {Address: "unix:///s", Drivers: []string{"else"}},
		"sqs":   {Path: "/opt/sqs"},
	}}
	tests := []struct {
		kind         contract.Kind
		driver, want string
	}{
		{contract.KindCache, "redis-cluster", "redis"},
		{contract.KindAppManager, "postgres", "sql"},
		{contract.KindQueue, "sqs", "sqs"},
		{contract.KindQueue, "jetstream", "nats"},
		{contract.KindQueue, "else", "other"},
		{contract.KindCache, "both", "nats"},
		{contract.KindQueue, "both", "redis"},
		{contract.KindCache, "shiny", "mystore"},
		{contract.KindCache, "memcached", "memcached"},
	}
	for _, tt := range tests {
		got, err := r.resolve(tt.kind, tt.driver)
		if err != nil || got != tt.want {
			t.Errorf("%s %s: plugin %q, %v; want %q", tt.kind, tt.driver, got, err, tt.want)
		}
	}
}

func TestResolveErrorsNameEverything(t *testing.T) {
	dir := pluginDir(t, "memory", "redis")
	catalog, err := readCatalog(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := resolver{catalog: catalog, plugins: map[string]PluginConfig{"a": {Drivers: []string{"x"}}, "b": {Drivers: []string{"x"}}}}
	tests := []struct {
		driver string
		want   []string
	}{
		{"sqs", []string{`queue.driver "sqs"`, dir + ": memory, redis", `"make plugin-sqs"`}},
		{"rabbit", []string{`queue.driver "rabbit"`, dir, `plugins.<name>.drivers`}},
		{"x", []string{"a and b all provide it"}},
	}
	for _, tt := range tests {
		_, err := r.resolve(contract.KindQueue, tt.driver)
		for _, part := range tt.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("driver %s: %v does not say %q", tt.driver, err, part)
			}
		}
	}
}

func TestPlanSharesProcesses(t *testing.T) {
	catalog, err := readCatalog(pluginDir(t, "memory", "redis"))
	if err != nil {
		t.Fatal(err)
	}
	choices := map[contract.Kind]Choice{
		contract.KindAppManager:  {Driver: "memory"},
		contract.KindCache:       {Driver: "redis"},
		contract.KindQueue:       {Driver: "redis"},
		contract.KindRateLimiter: {Driver: "redis"},
	}
	names := func(plugins map[string]PluginConfig) []string {
		units, err := resolver{catalog: catalog, plugins: plugins}.plan(choices)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, u := range units {
			out = append(out, u.name)
		}
		return out
	}
	if diff := cmp.Diff([]string{"memory", "redis"}, names(nil)); diff != "" {
		t.Errorf("shared (-want +got):\n%s", diff)
	}
	apart := names(map[string]PluginConfig{"redis": {Isolation: "per_kind"}})
	if diff := cmp.Diff([]string{"memory", "redis/cache", "redis/queue", "redis/rate_limiter"}, apart); diff != "" {
		t.Errorf("apart (-want +got):\n%s", diff)
	}
}

func TestPlanReportsAllProblems(t *testing.T) {
	catalog, err := readCatalog(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_, err = resolver{catalog: catalog}.plan(map[contract.Kind]Choice{
		contract.KindCache: {Driver: "redis"}, contract.KindQueue: {Driver: "sqs"},
	})
	for _, part := range []string{"cache.driver", "queue.driver", "no plugins"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
}

func TestAddressNeedsProtection(t *testing.T) {
	tests := []struct {
		config PluginConfig
		want   string // part of the error, "" for none
	}{
		{PluginConfig{Address: "unix:///run/x.sock"}, ""},
		{PluginConfig{Address: "10.0.0.1:7000"}, "mutual TLS"},
		{PluginConfig{Address: "tcp://10.0.0.1:7000"}, "mutual TLS"},
		{PluginConfig{Address: "nonsense"}, "neither"},
		{PluginConfig{Address: "unix:///" + strings.Repeat("x", 200)}, "at most 107"},
		{PluginConfig{Address: "unix:///s", TLS: &MutualTLS{}}, "remove it"},
		{PluginConfig{Address: "h:1", TLS: &MutualTLS{Cert: "/no", Key: "/no"}}, "plugins.p.tls"},
	}
	for _, tt := range tests {
		_, err := parseAddress("p", tt.config)
		if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v: %v, want %q", tt.config, err, tt.want)
		}
	}
}
