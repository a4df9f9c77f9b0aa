package config

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// appliedWith returns the fields after defaults and env were applied.
func appliedWith(env ...string) map[string]string {
	l := &loader{env: environment(env), cfg: &Config{resolved: &resolved{}}, doc: &document{}}
	l.fields = fieldsOf(l.cfg)
	l.apply()
	shown := map[string]string{}
	for _, f := range l.fields {
		shown[f.path] = f.show()
		if f.isSecret() {
			shown[f.path] = f.value.String()
		}
	}
	for _, p := range l.problems {
		shown[p.Key] = "problem: " + p.Text
	}
	return shown
}

func TestEveryEnvironmentNameReachesItsKeysAndNoOther(t *testing.T) {
	reached := map[string][]string{} // by environment name: the keys that name it
	values := map[string]string{}
	for _, f := range fieldsOf(&Config{}) {
		for _, name := range append(slices.Clone(f.env), f.fallback) {
			if name != "" && otherValue(t, f) != f.def {
				reached[name] = append(reached[name], f.path)
				values[name] = otherValue(t, f)
			}
		}
	}
	untouched := appliedWith()
	for name, want := range reached {
		var got []string
		for path, value := range appliedWith(name + "=" + values[name]) {
			if strings.HasPrefix(value, "problem: ") {
				t.Errorf("%s=%s: %s %s", name, values[name], path, value)
			}
			if value != untouched[path] {
				got = append(got, path)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s=%s changed %v, want %v", name, values[name], got, want)
		}
	}
}

// otherValue returns a good value for f that is not its default.
func otherValue(t *testing.T, f *field) string {
	t.Helper()
	kind := f.value.Type()
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	choices := strings.Split(f.tag.Get("oneof"), "|")
	switch {
	case choices[len(choices)-1] != "":
		if choices[len(choices)-1] == f.def {
			return choices[0]
		}
		return choices[len(choices)-1]
	case kind.Kind() == reflect.Bool:
		return strconv.FormatBool(f.def != "true")
	case kind == reflect.TypeFor[RedisNodes]():
		return "other:1234"
	case kind == reflect.TypeFor[FileMode](), kind == reflect.TypeFor[Threads]():
		return "640"
	case kind.Kind() == reflect.Float64:
		return "0.75"
	case kind == reflect.TypeFor[time.Duration](), kind.Kind() >= reflect.Int && kind.Kind() <= reflect.Uint64:
		n, _ := strconv.Atoi(f.def)
		if most, err := strconv.Atoi(f.tag.Get("max")); err == nil && n >= most {
			return strconv.Itoa(n - 1)
		}
		return strconv.Itoa(n + 1)
	}
	return "other"
}

// Names of the surface that we promise, so that none is lost by an edit.
func TestPromisedEnvironmentNames(t *testing.T) {
	var known []string
	for _, f := range fieldsOf(&Config{}) {
		known = append(known, f.env...)
	}
	promised := strings.Fields(`
		HOST PORT DEBUG_MODE ENVIRONMENT SHUTDOWN_GRACE_PERIOD ACTIVITY_TIMEOUT USER_AUTHENTICATION_TIMEOUT
		WEBSOCKET_MAX_PAYLOAD_KB HEALTH_CHECK_TIMEOUT_MS INSTANCE_PROCESS_ID
		DATABASE_POOLING_ENABLED DATABASE_POOL_MIN DATABASE_POOL_MAX
		SSL_ENABLED SSL_CERT_PATH SSL_KEY_PATH SSL_REDIRECT_HTTP SSL_HTTP_PORT
		UNIX_SOCKET_ENABLED UNIX_SOCKET_PATH UNIX_SOCKET_PERMISSION_MODE
		CORS_CREDENTIALS CORS_ORIGINS CORS_METHODS CORS_HEADERS HTTP_API_USAGE_ENABLED
		ADAPTER_DRIVER ADAPTER_FALLBACK_TO_LOCAL ADAPTER_BUFFER_MULTIPLIER_PER_CPU
		ADAPTER_ENABLE_SOCKET_COUNTING ADAPTER_AGGREGATE_COUNTS ADAPTER_FAST_PRESENCE_TRANSITIONS
		CLUSTER_HEALTH_ENABLED CLUSTER_HEALTH_HEARTBEAT_INTERVAL CLUSTER_HEALTH_NODE_TIMEOUT
		CLUSTER_HEALTH_CLEANUP_INTERVAL APP_MANAGER_DRIVER APP_MANAGER_REGISTER_INLINE_APPS
		CACHE_DRIVER CACHE_TTL_SECONDS CACHE_CLEANUP_INTERVAL CACHE_MAX_CAPACITY CACHE_REDIS_PREFIX CACHE_REDIS_URL
		REDIS_URL DATABASE_REDIS_HOST DATABASE_REDIS_PORT DATABASE_REDIS_DB DATABASE_REDIS_USERNAME
		DATABASE_REDIS_PASSWORD DATABASE_REDIS_KEY_PREFIX DATABASE_REDIS_SENTINEL_USERNAME
		DATABASE_REDIS_SENTINEL_PASSWORD DATABASE_REDIS_SENTINEL_TLS_ENABLED
		DATABASE_REDIS_SENTINEL_TLS_ACCEPT_INVALID_CERTS DATABASE_REDIS_SENTINEL_TLS_CA_PATH
		DATABASE_REDIS_SENTINEL_TLS_CLIENT_CERT_PATH DATABASE_REDIS_SENTINEL_TLS_CLIENT_KEY_PATH
		DATABASE_REDIS_MASTER_TLS_ENABLED DATABASE_REDIS_MASTER_TLS_ACCEPT_INVALID_CERTS
		DATABASE_REDIS_MASTER_TLS_CA_PATH DATABASE_REDIS_MASTER_TLS_CLIENT_CERT_PATH
		DATABASE_REDIS_MASTER_TLS_CLIENT_KEY_PATH REDIS_CLUSTER_NODES DATABASE_REDIS_CLUSTER_NODES
		DATABASE_REDIS_CLUSTER_USERNAME DATABASE_REDIS_CLUSTER_PASSWORD DATABASE_REDIS_CLUSTER_USE_TLS
		DATABASE_MYSQL_HOST DATABASE_MYSQL_PORT DATABASE_MYSQL_USERNAME DATABASE_MYSQL_PASSWORD
		DATABASE_MYSQL_DATABASE DATABASE_MYSQL_TABLE_NAME DATABASE_MYSQL_POOL_MIN DATABASE_MYSQL_POOL_MAX
		DATABASE_POSTGRES_HOST DATABASE_POSTGRES_PORT DATABASE_POSTGRES_USERNAME DATABASE_POSTGRES_USER
		DATABASE_POSTGRES_PASSWORD DATABASE_POSTGRES_DATABASE DATABASE_POSTGRES_TABLE_NAME
		DATABASE_POSTGRES_POOL_MIN DATABASE_POSTGRES_POOL_MAX DATABASE_CONNECTION_POOL_SIZE
		DATABASE_DYNAMODB_REGION DATABASE_DYNAMODB_TABLE_NAME DATABASE_DYNAMODB_ENDPOINT_URL
		SCYLLADB_NODES SCYLLADB_KEYSPACE SCYLLADB_REPLICATION_CLASS SCYLLADB_REPLICATION_FACTOR
		RATE_LIMITER_ENABLED RATE_LIMITER_DRIVER RATE_LIMITER_API_MAX_REQUESTS RATE_LIMITER_API_WINDOW_SECONDS
		RATE_LIMITER_API_TRUST_HOPS RATE_LIMITER_WS_MAX_REQUESTS RATE_LIMITER_WS_WINDOW_SECONDS
		RATE_LIMITER_WS_TRUST_HOPS RATE_LIMITER_REDIS_PREFIX RATE_LIMITER_REDIS_URL
		QUEUE_DRIVER QUEUE_REDIS_CONCURRENCY QUEUE_REDIS_PREFIX QUEUE_REDIS_URL QUEUE_REDIS_RESPONSE_TIMEOUT_MS
		REDIS_CLUSTER_QUEUE_CONCURRENCY REDIS_CLUSTER_QUEUE_PREFIX REDIS_CLUSTER_QUEUE_REQUEST_TIMEOUT_MS
		QUEUE_SQS_REGION QUEUE_SQS_VISIBILITY_TIMEOUT QUEUE_SQS_MAX_MESSAGES QUEUE_SQS_WAIT_TIME_SECONDS
		QUEUE_SQS_CONCURRENCY QUEUE_SQS_FIFO QUEUE_SQS_ENDPOINT_URL
		QUEUE_MAX_ATTEMPTS QUEUE_RETRY_BASE_DELAY_MS QUEUE_RETRY_MAX_DELAY_MS QUEUE_RETRY_JITTER
		QUEUE_LEASE_DURATION_MS QUEUE_LEASE_RENEW_INTERVAL_MS QUEUE_STALLED_BATCH_SIZE
		QUEUE_WORKER_POLL_INTERVAL_MS QUEUE_WORKER_PREFETCH QUEUE_SHUTDOWN_TIMEOUT_MS
		QUEUE_COMPLETED_RETENTION QUEUE_FAILED_RETENTION QUEUE_EVENT_RETENTION
		QUEUE_DEDUPLICATION_TTL_MS QUEUE_MEMORY_CAPACITY QUEUE_MAX_BATCH_SIZE
		WEBHOOK_BATCHING_ENABLED WEBHOOK_BATCHING_DURATION WEBHOOK_BATCHING_SIZE
		PRESENCE_UPDATE_RATE_LIMIT_PER_MEMBER_PER_SECOND PRESENCE_UNGRACEFUL_TIMEOUT_SECONDS
		PRESENCE_V2_UNGRACEFUL_TIMEOUT_SECONDS
		WEBSOCKET_MAX_MESSAGES WEBSOCKET_MAX_BYTES WEBSOCKET_DISCONNECT_ON_BUFFER_FULL
		WEBSOCKET_MAX_MESSAGE_SIZE WEBSOCKET_MAX_FRAME_SIZE WEBSOCKET_WRITE_BUFFER_SIZE
		WEBSOCKET_MAX_BACKPRESSURE WEBSOCKET_AUTO_PING WEBSOCKET_PING_INTERVAL WEBSOCKET_IDLE_TIMEOUT
		WEBSOCKET_COMPRESSION METRICS_ENABLED METRICS_DRIVER METRICS_HOST METRICS_PORT METRICS_PROMETHEUS_PREFIX
		LOG_COLORS_ENABLED LOG_INCLUDE_TARGET LOG_OUTPUT_FORMAT CLEANUP_ASYNC_ENABLED CLEANUP_FALLBACK_TO_SYNC
		CLEANUP_QUEUE_BUFFER_SIZE CLEANUP_BATCH_SIZE CLEANUP_BATCH_TIMEOUT_MS CLEANUP_MAX_RETRY_ATTEMPTS
		CLEANUP_WORKER_THREADS IDEMPOTENCY_ENABLED IDEMPOTENCY_TTL_SECONDS IDEMPOTENCY_MAX_KEY_LENGTH
		PLUGIN_DIR PLUGIN_RUN_DIR SOCKUDO_SERVER_ROLE SOCKUDO_MAX_CONNECTIONS`)
	for _, name := range promised {
		if !slices.Contains(known, name) {
			t.Errorf("no key reads %s", name)
		}
	}
}

func TestNoKeyStandsTwice(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range fieldsOf(&Config{}) {
		if seen[f.path] {
			t.Errorf("%s stands twice", f.path)
		}
		seen[f.path] = true
		if f.tag.Get("doc") == "" {
			t.Errorf("%s has no description", f.path)
		}
	}
}

func TestOneGrammarForBooleans(t *testing.T) {
	for _, word := range []string{"true", "1", "yes", "on", "YES", " On "} {
		if got := appliedWith("SSL_ENABLED=" + word)["ssl.enabled"]; got != "true" {
			t.Errorf("%q gave %s", word, got)
		}
	}
	for _, word := range []string{"false", "0", "no", "off", "No"} {
		if got := appliedWith("METRICS_ENABLED=" + word)["metrics.enabled"]; got != "false" {
			t.Errorf("%q gave %s", word, got)
		}
	}
	for _, word := range []string{"y", "t", "2", "enabled"} {
		if got := appliedWith("SSL_ENABLED=" + word)["ssl.enabled"]; !strings.HasPrefix(got, "problem: ") {
			t.Errorf("%q gave %s", word, got)
		}
	}
}

func TestPermissionModes(t *testing.T) {
	tests := map[any]FileMode{
		"660": 0o660, "0660": 0o660, "0o600": 0o600, float64(660): 0o660, 0o660: 0o660, int64(0o777): 0o777, uint64(755): 0o755,
	}
	for v, want := range tests {
		var got FileMode
		if err := got.read(v); err != nil || got != want {
			t.Errorf("%T %[1]v gave %s, %v, want %s", v, got, err, want)
		}
	}
	for _, v := range []any{"668", "rw", 1.5, -1, 70000, true, "7777"} {
		var got FileMode
		if err := got.read(v); err == nil {
			t.Errorf("%T %[1]v gave %s, want an error", v, got)
		}
	}
}
