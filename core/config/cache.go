package config

import "time"

// Cache chooses the shared cache.
type Cache struct {
	Driver string      `key:"driver" env:"CACHE_DRIVER" kind:"driver" doc:"memory, redis, redis-cluster, none, or a plugin's driver. Unset: redis if a Redis address is configured for the cache, else memory."`
	Memory MemoryCache `key:"memory" doc:"Driver memory."`
	Redis  CacheRedis  `key:"redis" doc:"Drivers redis and redis-cluster."`
}

// MemoryCache are the options of cache driver memory.
type MemoryCache struct {
	TTL             time.Duration `key:"ttl" env:"CACHE_TTL_SECONDS" unit:"s" default:"300" doc:"Life of an entry whose writer does not say; 0 = no end."`
	CleanupInterval time.Duration `key:"cleanup_interval" env:"CACHE_CLEANUP_INTERVAL" unit:"s" default:"60" doc:"How often expired entries are swept out; 0 = they stay until they are asked for or evicted."`
	MaxCapacity     uint64        `key:"max_capacity" env:"CACHE_MAX_CAPACITY" default:"10000" min:"1" max:"2147483646" doc:"Most entries; the least recently used one leaves first."`
}

// CacheRedis are the options of the cache on Redis.
type CacheRedis struct {
	Prefix      *string `key:"prefix" env:"CACHE_REDIS_PREFIX" default:"{CachePrefix}" doc:"Prefix of all keys; null = database.redis.key_prefix followed by cache:."`
	URLOverride Secret  `key:"url_override" env:"CACHE_REDIS_URL" doc:"Redis URL for the cache alone."`
	ClusterMode bool    `key:"cluster_mode" default:"false" doc:"Driver redis speaks to a Redis Cluster."`
}
