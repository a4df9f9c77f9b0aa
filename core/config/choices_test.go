package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestBareStartNeedsOnlyMemory(t *testing.T) {
	c := mustLoad(t, "", "")
	want := map[contract.Kind]string{
		contract.KindAppManager: "memory", contract.KindCache: "memory", contract.KindQueue: "memory",
		contract.KindRateLimiter: "memory (core)", contract.KindAdapter: "local (core)",
	}
	got := map[contract.Kind]string{}
	for kind, choice := range c.Choices() {
		got[kind] = choice.Driver
		if choice.InCore {
			got[kind] += " (core)"
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOptionsOfEachDriver(t *testing.T) {
	tests := map[string]struct {
		file string
		kind contract.Kind
		want map[string]any
	}{
		"memory cache": {
			`{"cache": {"memory": {"ttl": 0}}}`, contract.KindCache,
			map[string]any{"ttl": 0.0, "cleanup_interval": 60.0, "max_capacity": 10000.0},
		},
		"memory queue": {`{"queue": {"memory": {"max_bytes": 2000000}}}`, contract.KindQueue, map[string]any{
			"group_capacity": 10000.0, "max_bytes": 2000000.0, "memory_capacity": 100000.0, "max_attempts": 5.0,
			"retry_base_delay_ms": 1000.0, "retry_max_delay_ms": 60000.0, "retry_jitter": 0.2, "lease_duration_ms": 30000.0,
			"failed_retention": 10000.0, "deduplication_ttl_ms": 300000.0,
		}},
		"memory apps, as written": {
			`{"app_manager": {"array": {"apps": [{"id": "a", "key": "k", "secret": "s", "max_connections": "5"}]}}}`, contract.KindAppManager,
			map[string]any{"apps": []any{map[string]any{"id": "a", "key": "k", "secret": "s", "max_connections": "5"}}},
		},
		"no apps are an empty list": {`{}`, contract.KindAppManager, map[string]any{"apps": []any{}}},
		"mysql with the shared pool sizes": {
			`{"app_manager": {"driver": "mysql"}, "database": {"mysql": {"password": "p"}}}`, contract.KindAppManager,
			map[string]any{
				"host": "localhost", "port": 3306.0, "username": "root", "password": "p", "database": "sockudo",
				"table_name": "applications", "pool_min": 2.0, "pool_max": 10.0, "ssl_mode": "prefer",
			},
		},
		"postgres with sizes of its own": {
			`{"app_manager": {"driver": "postgresql"}, "database": {"postgres": {"pool_min": 0, "pool_max": 3}}}`, contract.KindAppManager,
			map[string]any{
				"host": "localhost", "port": 5432.0, "username": "postgres", "database": "sockudo",
				"table_name": "applications", "pool_min": 0.0, "pool_max": 3.0, "ssl_mode": "prefer",
			},
		},
		"postgres with TLS and replicas": {
			`{"app_manager": {"driver": "pgsql"}, "database": {"postgres": {"ssl_mode": "require", "read_replicas": ["r1", "r2:5433"]}}}`,
			contract.KindAppManager,
			map[string]any{
				"host": "localhost", "port": 5432.0, "username": "postgres", "database": "sockudo",
				"table_name": "applications", "pool_min": 2.0, "pool_max": 10.0, "ssl_mode": "require", "read_replicas": []any{"r1", "r2:5433"},
			},
		},
		"postgres without pooling": {
			`{"app_manager": {"driver": "postgres"}, "database_pooling": {"enabled": false}, "database": {"postgres": {"connection_pool_size": 4}}}`,
			contract.KindAppManager,
			map[string]any{
				"host": "localhost", "port": 5432.0, "username": "postgres", "database": "sockudo",
				"table_name": "applications", "pool_min": 0.0, "pool_max": 4.0, "ssl_mode": "prefer",
			},
		},
		"dynamodb": {
			`{"app_manager": {"driver": "dynamodb"}, "database": {"dynamodb": {"endpoint_url": "http://d:8000", "aws_access_key_id": "i", "aws_secret_access_key": "s"}}}`,
			contract.KindAppManager,
			map[string]any{
				"region": "us-east-1", "table_name": "sockudo-applications", "endpoint_url": "http://d:8000",
				"aws_access_key_id": "i", "aws_secret_access_key": "s",
			},
		},
		"scylladb": {
			`{"app_manager": {"driver": "scylla"}, "database": {"scylladb": {"nodes": ["a:1", "b:2"]}}}`, contract.KindAppManager,
			map[string]any{
				"nodes": []any{"a:1", "b:2"}, "keyspace": "sockudo", "table_name": "applications",
				"replication_class": "SimpleStrategy", "replication_factor": 3.0, "consistency": "local_quorum", "ssl_mode": "disable",
			},
		},
		"sqs": {
			`{"queue": {"driver": "sqs", "sqs": {"fifo": true}}}`, contract.KindQueue,
			map[string]any{
				"region": "us-east-1", "visibility_timeout": 30.0, "max_messages": 10.0, "wait_time_seconds": 5.0,
				"concurrency": 5.0, "fifo": true,
				"reliability": map[string]any{
					"max_attempts": 5.0, "retry_base_delay_ms": 1000.0, "retry_max_delay_ms": 60000.0, "retry_jitter": 0.2,
					"lease_duration_ms": 30000.0, "worker_poll_interval_ms": 500.0,
				},
			},
		},
		"redis adapter": {
			`{"adapter": {"driver": "redis"}, "cache": {"driver": "none"}}`, contract.KindAdapter,
			map[string]any{
				"prefix": "sockudo_adapter:", "timeout_ms": 5000.0,
				"connection": map[string]any{"mode": "standalone", "addresses": []any{"127.0.0.1:6379"}, "source": "database.redis.host", "pool_size": 32.0},
				"cluster_health": map[string]any{
					"enabled": true, "heartbeat_interval_ms": 2500.0, "node_timeout_ms": 10000.0, "cleanup_interval_ms": 2000.0,
				},
			},
		},
		"a plugin's own driver, by its section": {
			`{"cache": {"driver": "my-cache", "my_cache": {"servers": ["m:1"], "deep": {"x": null}}}}`, contract.KindCache,
			map[string]any{"servers": []any{"m:1"}, "deep": map[string]any{"x": nil}},
		},
		"a plugin's own driver, by the plugin's name": {
			`{"cache": {"driver": "memcached"}, "plugins": {"memcached": {"config": {"x": 1}}}}`, contract.KindCache,
			map[string]any{"x": 1.0},
		},
		"a plugin's own driver, by the plugin that lists it": {
			`{"queue": {"driver": "amqp"}, "plugins": {"rabbit": {"drivers": ["queue.amqp"], "config": {"x": 2}}}}`, contract.KindQueue,
			map[string]any{"x": 2.0},
		},
		"a plugin's own driver without options": {`{"queue": {"driver": "kafka"}}`, contract.KindQueue, map[string]any{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := mustLoad(t, "c.json", tt.file)
			if diff := cmp.Diff(tt.want, options(t, c, tt.kind)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheSectionOfTheChosenDriverIsNoUnknownKey(t *testing.T) {
	_, notices, err := load(t, "c.json", `{"queue": {"driver": "nats", "nats": {"servers": ["n"]}, "kafka": {}}, "cache": {"driver": "none"},
		"app_manager": {"array": {"apps": [{"id": "a", "key": "k", "secret": "s"}]}}}`)
	want := "info: c.json:1: queue.kafka is not offered by this server and has no effect: queue driver kafka; a plugin may provide it\n"
	if got := told(notices, err); got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	c := mustLoad(t, "c.json", `{
		"app_manager": {"driver": "mysql", "array": {"apps": [{"id": "a", "key": "k", "secret": "hunter2"}]}},
		"database": {"mysql": {"password": "hunter2"}, "redis": {"sentinels": ["redis://u:hunter2@s:1"]}},
		"cache": {"driver": "third", "third": {"token": "hunter2"}},
		"plugins": {"third": {"config": {"token": "hunter2"}}}
	}`, "REDIS_URL=redis://:hunter2@h", "QUEUE_REDIS_URL=redis://:hunter2@h")
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{c, *c, c.AppManager, c.Database, c.Cache, c.Queue, *c.Plugins["third"], c.Choices()} {
			if text := fmt.Sprintf(format, v); containsSecret(text) {
				t.Errorf("%s of %T prints %s", format, v, text)
			}
		}
	}
	if got := options(t, c, contract.KindAppManager)["password"]; got != "hunter2" {
		t.Errorf("the driver is given the password %v", got)
	}
}

// TestNoReliabilityKeyIsIdle: a key of queue.reliability reaches a driver, or the
// server itself, or says that it is without effect.
func TestNoReliabilityKeyIsIdle(t *testing.T) {
	read := slices.Concat(memoryReliability, redisReliability, sqsReliability, []string{"lease_renew_interval_ms"})
	for _, f := range fieldsOf(new(Config)) {
		if key, inside := strings.CutPrefix(f.path, "queue.reliability."); inside && f.dead() == slices.Contains(read, key) {
			t.Errorf("%s: said to be without effect is %v, and so is that it is read", f.path, f.dead())
		}
	}
}

func TestUsualOptionsAreThoseWithoutConfiguration(t *testing.T) {
	const file = `{"cache": {"driver": "redis", "redis": {"prefix": "mine:"}}, "queue": {"driver": "other", "other": {"a": 1}}, "database": {"redis": {"host": "far.internal"}}}`
	c := mustLoad(t, "c.json", file)
	bare := mustLoad(t, "c.json", `{"cache": {"driver": "redis"}}`)
	kind := contract.KindCache
	if diff := cmp.Diff(string(bare.Choices()[kind].Options), string(c.Choices()[kind].Usual)); diff != "" {
		t.Error(diff)
	}
	if usual := c.Choices()[contract.KindQueue].Usual; usual != nil {
		t.Errorf("a driver that the server does not know has the usual options %s", usual)
	}
}

func TestSectionsOfAppStores(t *testing.T) {
	for driver, want := range map[string]string{
		"memory": "", "mysql": "database.mysql", "postgres": "database.postgres", "dynamodb": "database.dynamodb", "scylla": "database.scylladb",
	} {
		c := mustLoad(t, "c.json", fmt.Sprintf(`{"app_manager": {"driver": %q}}`, driver))
		if got := c.Choices()[contract.KindAppManager].Section; got != want {
			t.Errorf("%s: %q, want %q", driver, got, want)
		}
	}
}
