package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/compat"
)

// load reads a configuration file with the given content from an empty
// directory; file may be "" for none.
func load(t *testing.T, file, content string, env ...string) (*Config, []Notice, error) {
	t.Helper()
	return Load(source(t, file, content, env...))
}

func source(t *testing.T, file, content string, env ...string) Source {
	t.Helper()
	dir := t.TempDir()
	if file != "" {
		write(t, filepath.Join(dir, file), content)
	}
	return Source{ConfigPath: file, Environ: env, WorkDir: dir, Executable: "/opt/jackfield/bin/jackfield"}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// mustLoad is load for what must be right.
func mustLoad(t *testing.T, file, content string, env ...string) *Config {
	t.Helper()
	c, _, err := load(t, file, content, env...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The same configuration in the three formats.
var sameInAllFormats = map[string]string{
	"c.json": `{
		"port": 7001, "debug": true, "shutdown_grace_period": 3,
		"cache": {"driver": "redis", "redis": {"prefix": null}, "memory": {"ttl": 5}},
		"websocket": {"max_messages": null, "max_bytes": 100000},
		"cors": {"origin": ["https://a.example", "https://*.b.example"]},
		"unix_socket": {"permission_mode": 600},
		"queue": {"reliability": {"retry_jitter": 0.5}},
		"database": {"redis": {"cluster": {"useTLS": true, "nodes": [{"host": "n1", "port": 7000}, "n2:7001"]}}},
		"plugins": {"memcached": {"path": "/x/memcached", "env": ["A", "B"]}}
	}`,
	"c.toml": `
		port = 7001
		debug = true
		shutdown_grace_period = 3
		websocket = {max_messages = "none", max_bytes = 100000}
		[cache]
		driver = "redis"
		[cache.memory]
		ttl = 5
		[cors]
		origin = ["https://a.example", "https://*.b.example"]
		[unix_socket]
		permission_mode = 0o600
		[queue.reliability]
		retry_jitter = 0.5
		[database.redis.cluster]
		use_tls = true
		[[database.redis.cluster.nodes]]
		host = "n1"
		port = 7000
		[[database.redis.cluster.nodes]]
		host = "n2"
		port = 7001
		[plugins.memcached]
		path = "/x/memcached"
		env = ["A", "B"]
	`,
	"c.yaml": `
port: 7001
debug: yes
shutdown_grace_period: 3
cache:
  driver: redis
  redis: {prefix: null}
  memory: {ttl: 5}
websocket: {max_messages: 0, max_bytes: 100000}
cors: {origin: "https://a.example,https://*.b.example"}
unix_socket: {permission_mode: "600"}
queue: {reliability: {retry_jitter: 0.5}}
database:
  redis:
    cluster: {useTLS: on, nodes: ["n1:7000", "redis://n2:7001"]}
plugins:
  memcached: {path: /x/memcached, env: [A, B]}
`,
}

func TestTheThreeFormatsSayTheSame(t *testing.T) {
	for file, content := range sameInAllFormats {
		t.Run(file, func(t *testing.T) {
			c := mustLoad(t, file, content)
			want := mustLoad(t, "", "")
			want.Server.Port, want.Server.Debug, want.Server.ShutdownGracePeriod = 7001, true, 3*time.Second
			want.Logging.Level = "debug"
			want.Cache.Driver, want.Cache.Memory.TTL = "redis", 5*time.Second
			if file != "c.toml" { // which cannot say null
				want.Cache.Redis.Prefix = nil
			}
			want.WebSocket.MaxMessages, want.WebSocket.MaxBytes = nil, ptr[uint64](100000)
			want.CORS.Origin = []string{"https://a.example", "https://*.b.example"}
			want.UnixSocket.PermissionMode = 0o600
			want.Queue.Driver, want.Queue.Reliability.RetryJitter = "redis-cluster", 0.5
			want.Database.Redis.Cluster.UseTLS = true
			want.Database.Redis.Cluster.Nodes = RedisNodes{{Host: "n1", Port: 7000}, {Host: "n2", Port: 7001}}
			want.Plugins["memcached"] = &Plugin{Path: "/x/memcached", Env: []string{"A", "B"}}
			want.File = file
			compare(t, c, want)
		})
	}
}

func TestLaterSourcesCount(t *testing.T) {
	const file = `{"port": 1000, "plugin_dir": "/file", "cache": {"memory": {"ttl": 10, "max_capacity": 7}}}`
	src := source(t, "c.json", file, "PORT=2000", "PLUGIN_DIR=/env", "CACHE_MAX_CAPACITY=8", "HOST=")
	src.PluginDir = "/flag"
	c, _, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Server.Host, c.Server.Port, c.PluginHost.Dir, c.Cache.Memory.TTL, c.Cache.Memory.MaxCapacity}
	want := []any{"0.0.0.0", uint16(2000), "/flag", 10 * time.Second, uint64(8)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOneTTLNameReachesSeveralKeysButNotThoseOfTheFile(t *testing.T) {
	c := mustLoad(t, "c.json", `{"channel_limits": {"cache_ttl": 50}, "cache": {"memory": {"ttl": 60}}}`, "CACHE_TTL_SECONDS=7")
	got := []time.Duration{c.Cache.Memory.TTL, c.AppManager.Cache.TTL, c.Channels.CacheTTL}
	want := []time.Duration{7 * time.Second, 7 * time.Second, 50 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFilesAreLookedForInOrder(t *testing.T) {
	src := source(t, "config/config.yaml", "port: 3")
	src.ConfigPath = ""
	wantPort(t, src, "config/config.yaml", 3)
	write(t, filepath.Join(src.WorkDir, "config/config.json"), `{"port": 2}`)
	wantPort(t, src, "config/config.json", 2)
	write(t, filepath.Join(src.WorkDir, "config/config.toml"), "port = 1")
	wantPort(t, src, "config/config.toml", 1)
	write(t, filepath.Join(src.WorkDir, "named"), `{"port": 4}`)
	src.Environ = []string{"CONFIG_FILE=named"}
	wantPort(t, src, "named", 4)
	src.ConfigPath = "config/config.yaml"
	wantPort(t, src, "config/config.yaml", 3)
}

func wantPort(t *testing.T, src Source, file string, port uint16) {
	t.Helper()
	c, _, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	if c.File != file || c.Server.Port != port {
		t.Errorf("read %s with port %d, want %s with port %d", c.File, c.Server.Port, file, port)
	}
}

func TestAnIPv6HostMayStandInBrackets(t *testing.T) {
	c := mustLoad(t, "", "", "HOST=[::1]", "METRICS_HOST=::")
	if c.Server.Host != "::1" || c.Metrics.Host != "::" {
		t.Errorf("hosts %s and %s", c.Server.Host, c.Metrics.Host)
	}
}

func TestLevelOfTheLog(t *testing.T) {
	tests := map[string]struct {
		env  []string
		want string
	}{
		"info by default":                       {nil, "info"},
		"debug if debug is on":                  {[]string{"DEBUG_MODE=1"}, "debug"},
		"a truthy DEBUG counts":                 {[]string{"DEBUG=yes"}, "debug"},
		"another program's DEBUG does not":      {[]string{"DEBUG=express:*"}, "info"},
		"the plain level of a filter":           {[]string{"RUST_LOG=hyper=info,warn"}, "warn"},
		"a filter before debug":                 {[]string{"RUST_LOG=error", "DEBUG_MODE=1"}, "error"},
		"the filter for production":             {[]string{compat.EnvLogProd + "=warn", compat.EnvLogDebug + "=trace"}, "warn"},
		"the filter for debugging, if on":       {[]string{compat.EnvLogProd + "=warn", compat.EnvLogDebug + "=trace", "DEBUG=on"}, "trace"},
		"our own name before all of the others": {[]string{"LOG_LEVEL=debug", "RUST_LOG=error"}, "debug"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := mustLoad(t, "", "", tt.env...).Logging.Level; got != tt.want {
				t.Errorf("level %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLargestInboundMessage(t *testing.T) {
	tests := map[string]struct {
		content string
		eventKB uint32
		want    int64
	}{
		"the data limit and the envelope":        {`{}`, 100, 164 * 1024},
		"the payload size if that is larger":     {`{"websocket_max_payload_kb": 500}`, 100, 500 * 1024},
		"an app's larger limit":                  {`{}`, 2000, 2064 * 1024},
		"without a limit the bound of the frame": {`{}`, 0, 64 << 20},
		"never more than the bound of the frame": {`{"websocket": {"max_message_size": 2048}}`, 100, 2048},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := mustLoad(t, "c.json", tt.content).MaxInboundBytes(tt.eventKB); got != tt.want {
				t.Errorf("%d bytes, want %d", got, tt.want)
			}
		})
	}
}

func TestWhatMayWaitForASlowClient(t *testing.T) {
	w := mustLoad(t, "", "").WebSocket
	if w.ParkedMessages() != 1000 || w.ParkedBytes() != 1<<20 {
		t.Errorf("default: %d messages and %d bytes", w.ParkedMessages(), w.ParkedBytes())
	}
	w = mustLoad(t, "", "", "WEBSOCKET_MAX_MESSAGES=none", "WEBSOCKET_MAX_BYTES=5000").WebSocket
	if w.ParkedMessages() != 0 || w.ParkedBytes() != 5000 {
		t.Errorf("bytes only: %d messages and %d bytes", w.ParkedMessages(), w.ParkedBytes())
	}
}

func TestPluginDirectoryBesideTheExecutable(t *testing.T) {
	root := t.TempDir()
	program := filepath.Join(root, "bin", "jackfield")
	write(t, program, "")
	if err := os.Symlink(program, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"bin/plugins", "lib/jackfield/plugins", "bin/plugins"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if dir == "lib/jackfield/plugins" {
			if err := os.Remove(filepath.Join(root, "bin/plugins")); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := defaultPluginDir(filepath.Join(root, "link")), filepath.Join(root, dir); got != want {
			t.Errorf("directory %s, want %s", got, want)
		}
	}
}
