package config

import "time"

// Adapter chooses how nodes share one world.
type Adapter struct {
	Driver                  string        `key:"driver" env:"ADAPTER_DRIVER" default:"local" kind:"driver" doc:"local (one node), redis, redis-cluster, or a plugin's driver."`
	FallbackToLocal         bool          `key:"fallback_to_local" env:"ADAPTER_FALLBACK_TO_LOCAL" default:"true" dead:"" doc:"Without effect: a bus that is away never changes the driver, local delivery goes on and the rest is made good on its return."`
	BufferMultiplierPerCPU  uint32        `key:"buffer_multiplier_per_cpu" env:"ADAPTER_BUFFER_MULTIPLIER_PER_CPU" default:"64" dead:"" doc:"Without effect."`
	EnableSocketCounting    bool          `key:"enable_socket_counting" env:"ADAPTER_ENABLE_SOCKET_COUNTING" default:"true" dead:"" doc:"Without effect: counts are always those of all nodes."`
	AggregateCounts         bool          `key:"aggregate_counts" env:"ADAPTER_AGGREGATE_COUNTS" default:"false" dead:"" doc:"Without effect."`
	FastPresenceTransitions bool          `key:"fast_presence_transitions" env:"ADAPTER_FAST_PRESENCE_TRANSITIONS" default:"false" dead:"" doc:"Without effect."`
	Health                  ClusterHealth `key:"cluster_health" doc:"Leases of nodes."`
	Redis                   AdapterRedis  `key:"redis" doc:"Driver redis."`
	Cluster                 AdapterNodes  `key:"cluster" doc:"Driver redis-cluster."`
}

// ClusterHealth are the times by which nodes judge each other.
type ClusterHealth struct {
	Enabled           bool          `key:"enabled" env:"CLUSTER_HEALTH_ENABLED" default:"true" doc:"Give back what dead nodes held."`
	HeartbeatInterval time.Duration `key:"heartbeat_interval_ms" env:"CLUSTER_HEALTH_HEARTBEAT_INTERVAL" unit:"ms" default:"2500" min:"1" doc:"How often a node renews its lease; at most a third of node_timeout_ms."`
	NodeTimeout       time.Duration `key:"node_timeout_ms" env:"CLUSTER_HEALTH_NODE_TIMEOUT" unit:"ms" default:"10000" min:"1" doc:"The lease of a node."`
	CleanupInterval   time.Duration `key:"cleanup_interval_ms" env:"CLUSTER_HEALTH_CLEANUP_INTERVAL" unit:"ms" default:"2000" min:"1" doc:"How often dead nodes are looked for; at most node_timeout_ms."`
}

// LegacyClusterHealth is the section of the same name at the top of a file.
type LegacyClusterHealth struct {
	Enabled           bool   `key:"enabled" default:"true" dead:"" doc:"Without effect, see adapter.cluster_health."`
	HeartbeatInterval uint64 `key:"heartbeat_interval_ms" default:"10000" dead:"" doc:"Without effect."`
	NodeTimeout       uint64 `key:"node_timeout_ms" default:"30000" dead:"" doc:"Without effect."`
	CleanupInterval   uint64 `key:"cleanup_interval_ms" default:"10000" dead:"" doc:"Without effect."`
}

// AdapterRedis are the options of the adapter on one Redis.
type AdapterRedis struct {
	RequestsTimeout time.Duration `key:"requests_timeout" env:"ADAPTER_REDIS_REQUESTS_TIMEOUT" unit:"ms" default:"5000" min:"1" doc:"Deadline of one command."`
	Prefix          *string       `key:"prefix" env:"ADAPTER_REDIS_PREFIX" default:"{AdapterPrefix}" doc:"Prefix of keys and topics; null = database.redis.key_prefix followed by adapter:."`
	Pub             AdapterURL    `key:"redis_pub_options" doc:"Connection of the adapter alone."`
	Sub             OpenObject    `key:"redis_sub_options" dead:"" doc:"Without effect: one address serves both ways."`
	ClusterMode     bool          `key:"cluster_mode" default:"false" doc:"Driver redis speaks to a Redis Cluster."`
}

// AdapterURL is the address of the adapter's Redis.
type AdapterURL struct {
	URL Secret `key:"url" env:"ADAPTER_REDIS_URL" doc:"Redis URL for the adapter alone."`
}

// AdapterNodes are the options of the adapter on a Redis Cluster.
type AdapterNodes struct {
	Nodes                RedisNodes    `key:"nodes" doc:"Nodes to start from, instead of those of database.redis."`
	Prefix               *string       `key:"prefix" env:"ADAPTER_CLUSTER_PREFIX" default:"{AdapterPrefix}" doc:"Prefix of keys and topics; null = database.redis.key_prefix followed by adapter:."`
	RequestTimeout       time.Duration `key:"request_timeout_ms" env:"ADAPTER_CLUSTER_REQUEST_TIMEOUT_MS" unit:"ms" default:"1000" min:"1" doc:"Deadline of one command."`
	UseShardedPubSub     bool          `key:"use_sharded_pubsub" default:"false" dead:"" doc:"Without effect: pub/sub on a cluster is always sharded."`
	UseConnectionManager bool          `key:"use_connection_manager" default:"true" dead:"" doc:"Without effect."`
	TLS                  OpenObject    `key:"tls" dead:"" doc:"Without effect: TLS is set in database.redis."`
}
