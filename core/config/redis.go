package config

// Redis is the Redis that components share unless they name their own.
type Redis struct {
	URL              Secret       `key:"url" env:"REDIS_URL" doc:"Redis URL for every component without its own; goes before the keys below."`
	Host             string       `key:"host" env:"DATABASE_REDIS_HOST" default:"127.0.0.1" doc:"Host; may begin with redis:// or rediss://."`
	Port             uint16       `key:"port" env:"DATABASE_REDIS_PORT" default:"6379" min:"1" doc:"Port."`
	DB               uint32       `key:"db" env:"DATABASE_REDIS_DB" default:"0" doc:"Number of the database."`
	Username         string       `key:"username" env:"DATABASE_REDIS_USERNAME" doc:"User."`
	Password         Secret       `key:"password" env:"DATABASE_REDIS_PASSWORD" doc:"Password."`
	PoolSize         uint32       `key:"pool_size" env:"DATABASE_REDIS_POOL_SIZE" default:"32" min:"1" max:"10000" doc:"Most connections of a server to one Redis for each purpose (commands, blocking ones); all components share them. Subscriptions come on top."`
	KeyPrefix        string       `key:"key_prefix" env:"DATABASE_REDIS_KEY_PREFIX" default:"{KeyPrefix}" doc:"Prefix for components whose own prefix is null."`
	Sentinels        Sentinels    `key:"sentinels" doc:"Sentinels, each host:port or a table of host and port; any entry switches Sentinel on."`
	MasterName       string       `key:"name" default:"mymaster" doc:"Name of the master that the sentinels watch."`
	SentinelUsername string       `key:"sentinel_username" env:"DATABASE_REDIS_SENTINEL_USERNAME" doc:"User at the sentinels."`
	SentinelPassword Secret       `key:"sentinel_password" env:"DATABASE_REDIS_SENTINEL_PASSWORD" doc:"Password at the sentinels."`
	SentinelTLS      SentinelTLS  `key:"sentinel_tls" doc:"TLS to the sentinels."`
	MasterTLS        MasterTLS    `key:"master_tls" doc:"TLS to Redis itself; applies to every topology."`
	Cluster          RedisCluster `key:"cluster" doc:"Redis Cluster."`
	LegacyNodes      RedisNodes   `key:"cluster_nodes" doc:"Older place of cluster.nodes, used when that is empty."`
}

// RedisCluster are the shared nodes of a Redis Cluster.
type RedisCluster struct {
	Nodes    RedisNodes `key:"nodes" env:"DATABASE_REDIS_CLUSTER_NODES,REDIS_CLUSTER_NODES" doc:"Nodes to start from: host:port, URLs, or tables of host and port."`
	Username string     `key:"username" env:"DATABASE_REDIS_CLUSTER_USERNAME" doc:"User; empty = database.redis.username."`
	Password Secret     `key:"password" env:"DATABASE_REDIS_CLUSTER_PASSWORD" doc:"Password; empty = database.redis.password."`
	UseTLS   bool       `key:"use_tls" alias:"useTLS" env:"DATABASE_REDIS_CLUSTER_USE_TLS" default:"false" doc:"TLS to the nodes."`
}

// MasterTLS is TLS to Redis.
type MasterTLS struct {
	Enabled            bool   `key:"enabled" env:"DATABASE_REDIS_MASTER_TLS_ENABLED" default:"false" doc:"Use TLS."`
	AcceptInvalidCerts bool   `key:"accept_invalid_certs" alias:"acceptInvalidCerts" env:"DATABASE_REDIS_MASTER_TLS_ACCEPT_INVALID_CERTS" default:"false" doc:"Do not check the server's certificate."`
	CAPath             string `key:"ca_path" env:"DATABASE_REDIS_MASTER_TLS_CA_PATH" doc:"PEM file of authorities."`
	ClientCertPath     string `key:"client_cert_path" env:"DATABASE_REDIS_MASTER_TLS_CLIENT_CERT_PATH" doc:"PEM file of our certificate."`
	ClientKeyPath      string `key:"client_key_path" env:"DATABASE_REDIS_MASTER_TLS_CLIENT_KEY_PATH" doc:"PEM file of its key."`
}

// SentinelTLS is TLS to the sentinels.
type SentinelTLS struct {
	Enabled            bool   `key:"enabled" env:"DATABASE_REDIS_SENTINEL_TLS_ENABLED" default:"false" doc:"Use TLS."`
	AcceptInvalidCerts bool   `key:"accept_invalid_certs" alias:"acceptInvalidCerts" env:"DATABASE_REDIS_SENTINEL_TLS_ACCEPT_INVALID_CERTS" default:"false" doc:"Do not check the server's certificate."`
	CAPath             string `key:"ca_path" env:"DATABASE_REDIS_SENTINEL_TLS_CA_PATH" doc:"PEM file of authorities."`
	ClientCertPath     string `key:"client_cert_path" env:"DATABASE_REDIS_SENTINEL_TLS_CLIENT_CERT_PATH" doc:"PEM file of our certificate."`
	ClientKeyPath      string `key:"client_key_path" env:"DATABASE_REDIS_SENTINEL_TLS_CLIENT_KEY_PATH" doc:"PEM file of its key."`
}
