package config

import (
	"maps"
	"strings"
	"time"
)

// storeSections are the sections of the app stores.
var storeSections = map[string]string{
	driverMySQL: "database.mysql", driverPostgres: "database.postgres",
	driverDynamoDB: "database.dynamodb", driverScyllaDB: "database.scylladb",
}

func (l *loader) storeOptions(driver string) map[string]any {
	db, section := &l.cfg.Database, storeSections[driver]
	switch driver {
	case driverMemory:
		return map[string]any{"apps": append([]any{}, l.cfg.AppManager.Array.Apps...)}
	case driverMySQL:
		return l.pooled(l.section(section), db.MySQL.PoolMin, db.MySQL.PoolMax, db.MySQL.ConnectionPoolSize)
	case driverPostgres:
		return l.pooled(l.section(section), db.Postgres.PoolMin, db.Postgres.PoolMax, db.Postgres.ConnectionPoolSize)
	case driverDynamoDB, driverScyllaDB:
		return l.section(section)
	}
	return nil
}

// pooled settles the size of a SQL driver's pool.
func (l *loader) pooled(options map[string]any, least, most *uint32, size uint32) map[string]any {
	pooling := l.cfg.Pooling
	low, high := pooling.Min, pooling.Max
	if !pooling.Enabled {
		low, high = 0, size
	}
	if least != nil {
		low = *least
	}
	if most != nil {
		high = *most
	}
	delete(options, "connection_pool_size")
	options["pool_min"], options["pool_max"] = low, high
	return options
}

func (l *loader) cacheOptions(driver string) map[string]any {
	redis := l.cfg.Cache.Redis
	switch driver {
	case driverMemory:
		return l.section("cache.memory")
	case driverRedis, driverRedisCluster:
		return map[string]any{
			"prefix": l.cfg.Database.Redis.prefixOr(redis.Prefix, "cache:"),
			"connection": l.redisFor(redisUse{
				redis.URLOverride, "cache.redis.url_override", redis.ClusterMode || driver == driverRedisCluster, nil, "",
			}),
		}
	}
	return nil
}

// memoryReliability are the keys of queue.reliability that mean something to a
// queue in one process.
var memoryReliability = []string{
	"memory_capacity", "max_attempts", "retry_base_delay_ms", "retry_max_delay_ms", "retry_jitter",
	"lease_duration_ms", "failed_retention", "deduplication_ttl_ms",
}

// sqsReliability are those that mean something where the backend has leases,
// deduplication and retention of its own.
var sqsReliability = []string{
	"max_attempts", "retry_base_delay_ms", "retry_max_delay_ms", "retry_jitter",
	"lease_duration_ms", "worker_poll_interval_ms",
}

// redisReliability are those that mean something to a queue that all nodes share.
var redisReliability = []string{
	"max_attempts", "retry_base_delay_ms", "retry_max_delay_ms", "retry_jitter",
	"lease_duration_ms", "stalled_batch_size", "worker_poll_interval_ms", "failed_retention",
	"deduplication_ttl_ms", "max_batch_size",
}

// only returns the options with these keys.
func only(options map[string]any, keys []string) map[string]any {
	some := map[string]any{}
	for _, key := range keys {
		some[key] = options[key]
	}
	return some
}

func (l *loader) queueOptions(driver string) map[string]any {
	q, reliability := l.cfg.Queue, l.section("queue.reliability")
	use := redisUse{q.Redis.URLOverride, "queue.redis.url_override", q.Redis.ClusterMode, q.RedisCluster.Nodes, "queue.redis_cluster.nodes"}
	var options map[string]any
	switch driver {
	case driverMemory:
		options = l.section("queue.memory")
		maps.Copy(options, only(reliability, memoryReliability))
		return options
	case driverRedis:
		options = map[string]any{
			"concurrency": q.Redis.Concurrency, "timeout_ms": q.Redis.ResponseTimeout.Milliseconds(),
			"prefix": l.cfg.Database.Redis.prefixOr(q.Redis.Prefix, "queue:"), "connection": l.redisFor(use),
		}
	case driverRedisCluster:
		use.cluster = true
		options = map[string]any{
			"concurrency": q.RedisCluster.Concurrency, "timeout_ms": q.RedisCluster.RequestTimeout.Milliseconds(),
			"prefix": l.cfg.Database.Redis.prefixOr(q.RedisCluster.Prefix, "queue:"), "connection": l.redisFor(use),
		}
	case driverSQS:
		options = l.section("queue.sqs")
		options["reliability"] = only(reliability, sqsReliability)
		return options
	default:
		return nil
	}
	options["capacity"], options["group_capacity"] = q.Redis.Capacity, q.Redis.GroupCapacity
	options["max_bytes"], options["replica_wait_ms"] = q.Redis.MaxBytes, q.Redis.ReplicaWait.Milliseconds()
	options["reliability"] = only(reliability, redisReliability)
	return options
}

func (l *loader) limiterOptions(driver string) map[string]any {
	redis := l.cfg.RateLimiter.Redis
	if driver != driverRedis && driver != driverRedisCluster {
		return nil
	}
	return map[string]any{
		"prefix": l.cfg.Database.Redis.prefixOr(redis.Prefix, "rl:"),
		"connection": l.redisFor(redisUse{
			redis.URLOverride, "rate_limiter.redis.url_override", redis.ClusterMode || driver == driverRedisCluster, nil, "",
		}),
	}
}

func (l *loader) adapterOptions(driver string) map[string]any {
	a := l.cfg.Adapter
	use := redisUse{a.Redis.Pub.URL, "adapter.redis.redis_pub_options.url", a.Redis.ClusterMode, a.Cluster.Nodes, "adapter.cluster.nodes"}
	prefix, timeout := a.Redis.Prefix, a.Redis.RequestsTimeout
	switch driver {
	case driverRedis:
	case driverRedisCluster:
		use.cluster, prefix, timeout = true, a.Cluster.Prefix, a.Cluster.RequestTimeout
	default:
		return nil
	}
	return map[string]any{
		"prefix": l.cfg.Database.Redis.prefixOr(prefix, "adapter:"), "timeout_ms": timeout.Milliseconds(),
		"cluster_health": l.section("adapter.cluster_health"), "connection": l.redisFor(use),
	}
}

// section returns the live keys of a section with their values, in the units
// and under the names of the file; empty ones are left out.
func (l *loader) section(path string) map[string]any {
	options := map[string]any{}
	for _, f := range l.fields {
		key, inside := strings.CutPrefix(f.path, path+".")
		if !inside || f.dead() || f.value.IsZero() && f.def == "" {
			continue
		}
		options[key] = f.option()
	}
	return options
}

// option returns the field's value as JSON would hold it, a secret in the clear.
func (f *field) option() any {
	switch value := f.value.Interface().(type) {
	case Secret:
		return value.Reveal()
	case time.Duration:
		if f.tag.Get("unit") == "ms" {
			return value.Milliseconds()
		}
		return int64(value.Seconds())
	default:
		return value
	}
}
