package config

import "time"

// Server is what concerns the process and its main listener.
type Server struct {
	Host                      string        `key:"host" env:"HOST" default:"0.0.0.0" doc:"Address of the main listener (WebSocket and HTTP API)."`
	Port                      uint16        `key:"port" env:"PORT" default:"6001" doc:"Port of the main listener; 0 takes any free port."`
	Debug                     bool          `key:"debug" env:"DEBUG_MODE" default:"false" doc:"Log level debug. DEBUG=true (or 1, yes, on) in the environment switches it on as well."`
	Mode                      string        `key:"mode" env:"ENVIRONMENT" default:"production" dead:"" doc:"Without effect."`
	PathPrefix                string        `key:"path_prefix" default:"/" doc:"Path under which the routes are served too."`
	Role                      string        `key:"server_role" env:"{EnvServerRole}" default:"default" oneof:"default|api" doc:"api serves the HTTP API only and needs an adapter other than local."`
	MaxConnections            uint32        `key:"max_connections" env:"{EnvMaxConnections}" default:"0" doc:"Most WebSocket connections of this node, further ones are closed with 4100; 0 = no limit."`
	ShutdownGracePeriod       time.Duration `key:"shutdown_grace_period" env:"SHUTDOWN_GRACE_PERIOD" unit:"s" default:"10" doc:"Time for an orderly stop; clients are closed over its first half."`
	ActivityTimeout           time.Duration `key:"activity_timeout" env:"ACTIVITY_TIMEOUT" unit:"s" default:"120" min:"1" doc:"Silence after which a client sends a ping; announced to clients."`
	UserAuthenticationTimeout time.Duration `key:"user_authentication_timeout" env:"USER_AUTHENTICATION_TIMEOUT" unit:"s" default:"3600" doc:"Time in which a client must sign in, for apps that demand it."`
	WebSocketMaxPayloadKB     uint32        `key:"websocket_max_payload_kb" env:"WEBSOCKET_MAX_PAYLOAD_KB" default:"64" doc:"Largest inbound WebSocket message in KB, raised to the event data limit + 64 KB if that is larger."`
	HealthCheckTimeout        time.Duration `key:"health_check_timeout_ms" env:"HEALTH_CHECK_TIMEOUT_MS" unit:"ms" default:"2000" min:"1" doc:"Deadline of /up for each part it asks."`
	Instance                  Instance      `key:"instance" doc:"This node."`
}

// Instance names this node.
type Instance struct {
	ProcessID string `key:"process_id" env:"INSTANCE_PROCESS_ID" doc:"Name of this node among others; empty = a random one for each start."`
}

// HTTPAPI are the settings of the HTTP API.
type HTTPAPI struct {
	RequestLimitMB uint32        `key:"request_limit_in_mb" default:"10" min:"1" doc:"Largest request body in MB."`
	UsageEnabled   bool          `key:"usage_enabled" env:"HTTP_API_USAGE_ENABLED" default:"true" doc:"Serve /usage on the main port."`
	AcceptTraffic  AcceptTraffic `key:"accept_traffic" doc:"Refusing load."`
}

// AcceptTraffic says when new work is refused.
type AcceptTraffic struct {
	MemoryThreshold float64 `key:"memory_threshold" default:"0.90" max:"1" doc:"Share of the memory limit from which upgrades are refused."`
}

// CORS are the headers for browsers that call the HTTP API.
type CORS struct {
	Credentials    bool     `key:"credentials" env:"CORS_CREDENTIALS" default:"true" doc:"Allow credentials; never with a wildcard origin."`
	Origin         []string `key:"origin" env:"CORS_ORIGINS" default:"*" doc:"Origins, each exact, with one * or the single *."`
	Methods        []string `key:"methods" env:"CORS_METHODS" default:"GET,POST,PUT,PATCH,DELETE,OPTIONS" doc:"Methods."`
	AllowedHeaders []string `key:"allowed_headers" env:"CORS_HEADERS" default:"Authorization,Content-Type,X-Requested-With,Accept,X-Idempotency-Key" doc:"Request headers."`
}

// UnixSocket replaces the main TCP listener.
type UnixSocket struct {
	Enabled        bool     `key:"enabled" env:"UNIX_SOCKET_ENABLED" default:"false" doc:"Listen on a unix socket instead of host and port."`
	Path           string   `key:"path" env:"UNIX_SOCKET_PATH" default:"{UnixSocketPath}" doc:"Absolute path of at most 107 bytes without any .. in it."`
	PermissionMode FileMode `key:"permission_mode" env:"UNIX_SOCKET_PERMISSION_MODE" default:"660" doc:"Octal digits of the socket's mode, as text or as a number."`
}

// Idempotency are the settings of repeated publishes with one key.
type Idempotency struct {
	Enabled      bool          `key:"enabled" env:"IDEMPOTENCY_ENABLED" default:"true" doc:"Answer a repeated publish with the first answer."`
	TTL          time.Duration `key:"ttl_seconds" env:"IDEMPOTENCY_TTL_SECONDS" unit:"s" default:"120" min:"1" doc:"How long a key is remembered."`
	MaxKeyLength uint32        `key:"max_key_length" env:"IDEMPOTENCY_MAX_KEY_LENGTH" default:"128" min:"1" doc:"Longest key in bytes."`
}

// Cleanup is accepted for files that carry it; the server cleans up after a
// connection as part of closing it.
type Cleanup struct {
	AsyncEnabled     bool    `key:"async_enabled" env:"CLEANUP_ASYNC_ENABLED" default:"true" dead:"" doc:"Without effect."`
	FallbackToSync   bool    `key:"fallback_to_sync" env:"CLEANUP_FALLBACK_TO_SYNC" default:"true" dead:"" doc:"Without effect."`
	QueueBufferSize  uint32  `key:"queue_buffer_size" env:"CLEANUP_QUEUE_BUFFER_SIZE" default:"1024" min:"1" dead:"" doc:"Without effect."`
	BatchSize        uint32  `key:"batch_size" env:"CLEANUP_BATCH_SIZE" default:"64" min:"1" dead:"" doc:"Without effect."`
	BatchTimeoutMS   uint64  `key:"batch_timeout_ms" env:"CLEANUP_BATCH_TIMEOUT_MS" default:"100" min:"1" dead:"" doc:"Without effect."`
	MaxRetryAttempts uint32  `key:"max_retry_attempts" env:"CLEANUP_MAX_RETRY_ATTEMPTS" default:"3" dead:"" doc:"Without effect."`
	WorkerThreads    Threads `key:"worker_threads" env:"CLEANUP_WORKER_THREADS" default:"auto" dead:"" doc:"Without effect."`
}
