package config

import (
	"strings"

	"github.com/jackfield/jackfield/core/internal/compat"
	"github.com/jackfield/jackfield/sdk/contract"
)

// resolve settles everything that depends on more than one key.
func (l *loader) resolve() {
	c := l.cfg
	if on, err := parseBool(l.env["DEBUG"]); err == nil && on {
		c.Server.Debug = true
	}
	l.resolveLogging()
	c.Server.Host, c.Metrics.Host = strings.Trim(c.Server.Host, "[]"), strings.Trim(c.Metrics.Host, "[]")
	if c.PluginHost.Dir == "" {
		c.PluginHost.Dir = defaultPluginDir(l.src.Executable)
	}
	c.Cache.Driver = l.storeDriver("cache.driver", c.Cache.Driver, "cache.redis.url_override")
	c.Queue.Driver = l.storeDriver("queue.driver", c.Queue.Driver, "queue.redis.url_override")
	l.resolveApps()
	l.choose()
}

// drivers returns the driver of each kind.
func (c *Config) drivers() map[contract.Kind]string {
	return map[contract.Kind]string{
		contract.KindAppManager:  c.AppManager.Driver,
		contract.KindCache:       c.Cache.Driver,
		contract.KindQueue:       c.Queue.Driver,
		contract.KindRateLimiter: c.RateLimiter.Driver,
		contract.KindAdapter:     c.Adapter.Driver,
	}
}

// storeDriver returns the driver under key, or the one that follows from the
// Redis addresses if none is set: a bare start needs nothing, and a server that
// was given a Redis uses it.
func (l *loader) storeDriver(key, driver, override string) string {
	if driver != "" {
		return driver
	}
	driver, reason := l.impliedDriver(override)
	if !l.unread {
		l.notef("", "%s is not set: %s, because %s", key, driver, reason)
	}
	return driver
}

func (l *loader) impliedDriver(override string) (driver, reason string) {
	addresses := []string{override, "database.redis.url", "database.redis.host", "database.redis.port", "database.redis.sentinels"}
	clusters := []string{"database.redis.cluster.nodes", "database.redis.cluster_nodes"}
	for _, key := range addresses {
		if given := l.givenBy(key); given != "" {
			return driverRedis, given + " is set"
		}
	}
	for _, key := range clusters {
		if given := l.givenBy(key); given != "" {
			return driverRedisCluster, given + " is set"
		}
	}
	for _, f := range l.fields {
		if given := l.givenBy(f.path); given != "" && strings.HasPrefix(f.path, "database.redis.") {
			return driverRedis, given + " is set"
		}
	}
	return driverMemory, "no Redis address is configured for it"
}

// givenBy returns the environment name or the key of the file that gave the key
// its value; "" if it has its default.
func (l *loader) givenBy(key string) string {
	if name := l.given[key]; name != "" {
		return name
	}
	if l.inFile(key) {
		return key
	}
	return ""
}

// resolveLogging settles level and format.
func (l *loader) resolveLogging() {
	logging := &l.cfg.Logging
	if logging.Format == "human" {
		logging.Format = "text"
	}
	filters := []string{"RUST_LOG", compat.EnvLogProd}
	if l.cfg.Server.Debug {
		filters[1] = compat.EnvLogDebug
	}
	for _, name := range filters {
		if logging.Level == "" {
			logging.Level = filterLevel(l.env[name])
		}
	}
	switch {
	case logging.Level != "":
	case l.cfg.Server.Debug:
		logging.Level = "debug"
	default:
		logging.Level = "info"
	}
}

// filterLevel returns the level for everything in a filter such as
// "info,server=debug", or "".
func filterLevel(filter string) string {
	for part := range strings.SplitSeq(filter, ",") {
		switch level := strings.ToLower(strings.TrimSpace(part)); level {
		case "trace", "debug", "info", "warn", "error":
			return level
		}
	}
	return ""
}
