package config

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Choice is the driver of one kind and what it is given.
type Choice struct {
	// Driver is the driver's name in its one spelling.
	Driver string
	// InCore is true if the server itself serves the kind, without a plugin, or
	// the kind is switched off (driver none).
	InCore bool
	// Options is the JSON object for the driver; nil if InCore. It holds secrets
	// in the clear.
	Options json.RawMessage
}

// String returns the driver's name, without options.
func (c Choice) String() string { return c.Driver }

// GoString is String, so that %#v is safe too.
func (c Choice) GoString() string { return c.String() }

// inCore are the drivers that need no plugin.
var inCore = map[contract.Kind][]string{
	contract.KindCache:       {driverNone},
	contract.KindQueue:       {driverNone},
	contract.KindRateLimiter: {driverNone, driverMemory},
	contract.KindAdapter:     {driverLocal},
}

// choose makes the choice of every kind.
func (l *loader) choose() {
	l.cfg.resolved.choices = map[contract.Kind]Choice{}
	drivers := l.cfg.drivers()
	for _, kind := range contract.Kinds() {
		choice := Choice{Driver: drivers[kind]}
		if slices.Contains(inCore[kind], choice.Driver) {
			choice.InCore = true
		} else {
			choice.Options = l.encode(string(kind), l.optionsFor(kind, choice.Driver))
		}
		l.cfg.resolved.choices[kind] = choice
	}
}

// encode writes options as JSON.
func (l *loader) encode(key string, options map[string]any) json.RawMessage {
	text, err := json.Marshal(options)
	if err != nil {
		l.addf(key, "has options that cannot be written as JSON")
	}
	return text
}

func (l *loader) optionsFor(kind contract.Kind, driver string) map[string]any {
	var options map[string]any
	switch kind {
	case contract.KindAppManager:
		options = l.storeOptions(driver)
	case contract.KindCache:
		options = l.cacheOptions(driver)
	case contract.KindQueue:
		options = l.queueOptions(driver)
	case contract.KindRateLimiter:
		options = l.limiterOptions(driver)
	case contract.KindAdapter:
		options = l.adapterOptions(driver)
	}
	if options == nil {
		return l.foreignOptions(kind, driver)
	}
	return options
}

func (l *loader) storeOptions(driver string) map[string]any {
	db := &l.cfg.Database
	switch driver {
	case driverMemory:
		return map[string]any{"apps": append([]any{}, l.cfg.AppManager.Array.Apps...)}
	case driverMySQL:
		return l.pooled(l.section("database.mysql"), db.MySQL.PoolMin, db.MySQL.PoolMax, db.MySQL.ConnectionPoolSize)
	case driverPostgres:
		return l.pooled(l.section("database.postgres"), db.Postgres.PoolMin, db.Postgres.PoolMax, db.Postgres.ConnectionPoolSize)
	case driverDynamoDB:
		return l.section("database.dynamodb")
	case driverScyllaDB:
		return l.section("database.scylladb")
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
				redis.URLOverride, "cache.redis.url_override", redis.ClusterMode || driver == driverRedisCluster, nil}),
		}
	}
	return nil
}

func (l *loader) queueOptions(driver string) map[string]any {
	q, reliability := l.cfg.Queue, l.section("queue.reliability")
	use := redisUse{q.Redis.URLOverride, "queue.redis.url_override", q.Redis.ClusterMode, q.RedisCluster.Nodes}
	var options map[string]any
	switch driver {
	case driverMemory:
		return reliability
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
	default:
		return nil
	}
	options["reliability"] = reliability
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
			redis.URLOverride, "rate_limiter.redis.url_override", redis.ClusterMode || driver == driverRedisCluster, nil}),
	}
}

func (l *loader) adapterOptions(driver string) map[string]any {
	a := l.cfg.Adapter
	use := redisUse{a.Redis.Pub.URL, "adapter.redis.redis_pub_options.url", a.Redis.ClusterMode, a.Cluster.Nodes}
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

// foreignOptions are those of a driver that only a plugin knows: the table of
// the driver's name in the kind's section as written, else the config of the
// plugin that has the driver's name or lists it.
func (l *loader) foreignOptions(kind contract.Kind, driver string) map[string]any {
	path := string(kind) + "." + sectionOf(driver)
	if raw, ok := lookup(l.doc.values, path); ok && raw != nil {
		table, isTable := raw.(map[string]any)
		if !isTable {
			l.addf(path, "must be a table of keys, is %s", kindOf(raw))
		}
		l.isJSON(path, raw)
		return table
	}
	for _, name := range slices.Sorted(maps.Keys(l.cfg.Plugins)) {
		p := l.cfg.Plugins[name]
		lists := slices.Contains(p.Drivers, driver) || slices.Contains(p.Drivers, string(kind)+"."+driver)
		if (name == driver || lists) && len(p.Config) > 0 {
			l.isJSON("plugins."+name+".config", map[string]any(p.Config))
			return p.Config
		}
	}
	return map[string]any{}
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
