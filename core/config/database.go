package config

import "time"

// Database says where stores are.
type Database struct {
	Redis    Redis    `key:"redis" doc:"Shared by cache, queue, rate limiter and adapter."`
	MySQL    MySQL    `key:"mysql" doc:"app_manager driver mysql (MySQL and MariaDB)."`
	Postgres Postgres `key:"postgres" doc:"app_manager driver pgsql."`
	DynamoDB DynamoDB `key:"dynamodb" doc:"app_manager driver dynamodb."`
	ScyllaDB ScyllaDB `key:"scylladb" doc:"app_manager driver scylladb (ScyllaDB and Cassandra)."`
}

// Pooling bounds the sessions of SQL drivers that say nothing themselves.
type Pooling struct {
	Enabled bool   `key:"enabled" env:"DATABASE_POOLING_ENABLED" default:"true" doc:"Use min and max; else connection_pool_size is the maximum."`
	Min     uint32 `key:"min" env:"DATABASE_POOL_MIN" default:"2" doc:"Sessions kept open."`
	Max     uint32 `key:"max" env:"DATABASE_POOL_MAX" default:"10" min:"1" doc:"Most sessions."`
}

// MySQL are the options of app_manager driver mysql.
type MySQL struct {
	Host                 string        `key:"host" env:"DATABASE_MYSQL_HOST" default:"localhost" doc:"Host."`
	Port                 uint16        `key:"port" env:"DATABASE_MYSQL_PORT" default:"3306" min:"1" doc:"Port."`
	Username             string        `key:"username" env:"DATABASE_MYSQL_USERNAME" default:"root" doc:"User."`
	Password             Secret        `key:"password" env:"DATABASE_MYSQL_PASSWORD" doc:"Password."`
	Database             string        `key:"database" env:"DATABASE_MYSQL_DATABASE" default:"{DatabaseName}" doc:"Database."`
	TableName            string        `key:"table_name" env:"DATABASE_MYSQL_TABLE_NAME" default:"applications" doc:"Table of the apps."`
	PoolMin              *uint32       `key:"pool_min" env:"DATABASE_MYSQL_POOL_MIN" doc:"Sessions kept open; null = database_pooling.min."`
	PoolMax              *uint32       `key:"pool_max" env:"DATABASE_MYSQL_POOL_MAX" min:"1" doc:"Most sessions; null = database_pooling.max."`
	ConnectionPoolSize   uint32        `key:"connection_pool_size" env:"DATABASE_CONNECTION_POOL_SIZE" default:"10" min:"1" doc:"Most sessions while database_pooling is disabled."`
	SSLMode              string        `key:"ssl_mode" env:"DATABASE_MYSQL_SSL_MODE" default:"prefer" oneof:"disable|prefer|require|verify-ca|verify-full" doc:"TLS: never; if the server has it; always; with a certificate of a known authority; and made out to the host."`
	SSLCA                string        `key:"ssl_ca" env:"DATABASE_MYSQL_SSL_CA" doc:"PEM file of authorities; empty = those of the system."`
	SSLCert              string        `key:"ssl_cert" env:"DATABASE_MYSQL_SSL_CERT" doc:"PEM file of our certificate."`
	SSLKey               string        `key:"ssl_key" env:"DATABASE_MYSQL_SSL_KEY" doc:"PEM file of its key."`
	ReadReplicas         []string      `key:"read_replicas" env:"DATABASE_MYSQL_READ_REPLICAS" doc:"Replicas, each host or host:port, that are asked while the server at host is away."`
	CacheTTL             time.Duration `key:"cache_ttl" fallback:"CACHE_TTL_SECONDS" unit:"s" default:"300" dead:"" doc:"Without effect: apps are cached in the server, see app_manager.cache."`
	CacheMaxCapacity     uint64        `key:"cache_max_capacity" fallback:"CACHE_MAX_CAPACITY" default:"100" dead:"" doc:"Without effect."`
	CacheCleanupInterval time.Duration `key:"cache_cleanup_interval" fallback:"CACHE_CLEANUP_INTERVAL" unit:"s" default:"60" dead:"" doc:"Without effect."`
}

// Postgres are the options of app_manager driver pgsql.
type Postgres struct {
	Host                 string        `key:"host" env:"DATABASE_POSTGRES_HOST" default:"localhost" doc:"Host."`
	Port                 uint16        `key:"port" env:"DATABASE_POSTGRES_PORT" default:"5432" min:"1" doc:"Port."`
	Username             string        `key:"username" env:"DATABASE_POSTGRES_USERNAME,DATABASE_POSTGRES_USER" default:"postgres" doc:"User."`
	Password             Secret        `key:"password" env:"DATABASE_POSTGRES_PASSWORD" doc:"Password."`
	Database             string        `key:"database" env:"DATABASE_POSTGRES_DATABASE" default:"{DatabaseName}" doc:"Database."`
	TableName            string        `key:"table_name" env:"DATABASE_POSTGRES_TABLE_NAME" default:"applications" doc:"Table of the apps."`
	PoolMin              *uint32       `key:"pool_min" env:"DATABASE_POSTGRES_POOL_MIN" doc:"Sessions kept open; null = database_pooling.min."`
	PoolMax              *uint32       `key:"pool_max" env:"DATABASE_POSTGRES_POOL_MAX" min:"1" doc:"Most sessions; null = database_pooling.max."`
	ConnectionPoolSize   uint32        `key:"connection_pool_size" env:"DATABASE_CONNECTION_POOL_SIZE" default:"10" min:"1" doc:"Most sessions while database_pooling is disabled."`
	SSLMode              string        `key:"ssl_mode" env:"DATABASE_POSTGRES_SSL_MODE" default:"prefer" oneof:"disable|prefer|require|verify-ca|verify-full" doc:"TLS: never; if the server has it; always; with a certificate of a known authority; and made out to the host."`
	SSLCA                string        `key:"ssl_ca" env:"DATABASE_POSTGRES_SSL_CA" doc:"PEM file of authorities; empty = those of the system."`
	SSLCert              string        `key:"ssl_cert" env:"DATABASE_POSTGRES_SSL_CERT" doc:"PEM file of our certificate."`
	SSLKey               string        `key:"ssl_key" env:"DATABASE_POSTGRES_SSL_KEY" doc:"PEM file of its key."`
	ReadReplicas         []string      `key:"read_replicas" env:"DATABASE_POSTGRES_READ_REPLICAS" doc:"Replicas, each host or host:port, that are asked while the server at host is away."`
	CacheTTL             time.Duration `key:"cache_ttl" fallback:"CACHE_TTL_SECONDS" unit:"s" default:"300" dead:"" doc:"Without effect: apps are cached in the server, see app_manager.cache."`
	CacheMaxCapacity     uint64        `key:"cache_max_capacity" fallback:"CACHE_MAX_CAPACITY" default:"100" dead:"" doc:"Without effect."`
	CacheCleanupInterval time.Duration `key:"cache_cleanup_interval" fallback:"CACHE_CLEANUP_INTERVAL" unit:"s" default:"60" dead:"" doc:"Without effect."`
}

// DynamoDB are the options of app_manager driver dynamodb.
type DynamoDB struct {
	Region          string `key:"region" env:"DATABASE_DYNAMODB_REGION" default:"us-east-1" doc:"AWS region."`
	TableName       string `key:"table_name" env:"DATABASE_DYNAMODB_TABLE_NAME" default:"{DynamoDBTable}" doc:"Table of the apps."`
	EndpointURL     string `key:"endpoint_url" env:"DATABASE_DYNAMODB_ENDPOINT_URL" doc:"Endpoint instead of AWS's own."`
	AccessKeyID     string `key:"aws_access_key_id" doc:"Static credentials; empty = the default AWS chain, which reads the AWS_* names of the environment."`
	SecretAccessKey Secret `key:"aws_secret_access_key" doc:"Static credentials."`
	SessionToken    Secret `key:"aws_session_token" doc:"Token of static credentials that are temporary."`
	ProfileName     string `key:"aws_profile_name" doc:"Profile of the shared AWS files."`
	ReadCapacity    uint32 `key:"read_capacity" doc:"Read units of a table that has to be created; 0 = pay per request."`
	WriteCapacity   uint32 `key:"write_capacity" doc:"Write units of a table that has to be created; 0 = pay per request."`
}

// ScyllaDB are the options of app_manager driver scylladb.
type ScyllaDB struct {
	Nodes             []string `key:"nodes" env:"SCYLLADB_NODES" default:"127.0.0.1:9042" doc:"Nodes to start from."`
	Keyspace          string   `key:"keyspace" env:"SCYLLADB_KEYSPACE" default:"{Keyspace}" doc:"Keyspace."`
	TableName         string   `key:"table_name" env:"SCYLLADB_TABLE_NAME" default:"applications" doc:"Table of the apps."`
	Username          string   `key:"username" env:"SCYLLADB_USERNAME" doc:"User."`
	Password          Secret   `key:"password" env:"SCYLLADB_PASSWORD" doc:"Password."`
	ReplicationClass  string   `key:"replication_class" env:"SCYLLADB_REPLICATION_CLASS" default:"SimpleStrategy" doc:"Replication of a keyspace that has to be created."`
	ReplicationFactor uint32   `key:"replication_factor" env:"SCYLLADB_REPLICATION_FACTOR" default:"3" min:"1" doc:"Copies in a keyspace that has to be created; in each data centre with NetworkTopologyStrategy."`
	Consistency       string   `key:"consistency" env:"SCYLLADB_CONSISTENCY" default:"local_quorum" oneof:"one|local_one|quorum|local_quorum|all" doc:"Copies that a look-up asks; changes always need a quorum."`
	LocalDatacenter   string   `key:"local_datacenter" env:"SCYLLADB_LOCAL_DATACENTER" doc:"Data centre whose nodes are asked first; empty = all alike."`
	SSLMode           string   `key:"ssl_mode" env:"SCYLLADB_SSL_MODE" default:"disable" oneof:"disable|require|verify-ca|verify-full" doc:"TLS: never; always; with a certificate of a known authority; and made out to the node."`
	SSLCA             string   `key:"ssl_ca" env:"SCYLLADB_SSL_CA" doc:"PEM file of authorities; empty = those of the system."`
	SSLCert           string   `key:"ssl_cert" env:"SCYLLADB_SSL_CERT" doc:"PEM file of our certificate."`
	SSLKey            string   `key:"ssl_key" env:"SCYLLADB_SSL_KEY" doc:"PEM file of its key."`
}
