package config

import "time"

// RateLimiter limits requests and connects per client address.
type RateLimiter struct {
	Enabled   bool       `key:"enabled" env:"RATE_LIMITER_ENABLED" default:"false" doc:"Limit per client address. Off unless asked for: publishes come from a few back ends, which 100 requests a minute would throttle."`
	Driver    string     `key:"driver" env:"RATE_LIMITER_DRIVER" default:"memory" kind:"driver" doc:"memory, redis, redis-cluster, none, or a plugin's driver."`
	OnError   string     `key:"on_error" env:"RATE_LIMITER_ON_ERROR" default:"local" oneof:"local|open|closed" doc:"While a shared limiter is away: limit locally, admit all, or refuse all."`
	API       APIRate    `key:"api_rate_limit" doc:"Requests to the HTTP API."`
	WebSocket WSRate     `key:"websocket_rate_limit" doc:"WebSocket upgrades."`
	Redis     LimitRedis `key:"redis" doc:"Drivers redis and redis-cluster."`
}

// APIRate is the limit of HTTP API requests per client address.
type APIRate struct {
	MaxRequests uint32        `key:"max_requests" env:"RATE_LIMITER_API_MAX_REQUESTS" default:"100" min:"1" doc:"Requests per window."`
	Window      time.Duration `key:"window_seconds" env:"RATE_LIMITER_API_WINDOW_SECONDS" unit:"s" default:"60" min:"1" doc:"The window."`
	TrustHops   uint32        `key:"trust_hops" env:"RATE_LIMITER_API_TRUST_HOPS" default:"0" max:"100" doc:"Trusted proxies in front, counted from the right of X-Forwarded-For."`
	Identifier  string        `key:"identifier" default:"api" dead:"" doc:"Without effect."`
}

// WSRate is the limit of WebSocket upgrades per client address.
type WSRate struct {
	MaxRequests uint32        `key:"max_requests" env:"RATE_LIMITER_WS_MAX_REQUESTS" default:"20" min:"1" doc:"Upgrades per window."`
	Window      time.Duration `key:"window_seconds" env:"RATE_LIMITER_WS_WINDOW_SECONDS" unit:"s" default:"60" min:"1" doc:"The window."`
	TrustHops   uint32        `key:"trust_hops" env:"RATE_LIMITER_WS_TRUST_HOPS" default:"0" max:"100" doc:"As for api_rate_limit."`
	Identifier  string        `key:"identifier" default:"websocket_connect" dead:"" doc:"Without effect."`
}

// LimitRedis are the options of the limiter on Redis.
type LimitRedis struct {
	Prefix      *string `key:"prefix" env:"RATE_LIMITER_REDIS_PREFIX" default:"{RateLimiterPrefix}" doc:"Prefix of all keys; null = database.redis.key_prefix followed by rl:."`
	URLOverride Secret  `key:"url_override" env:"RATE_LIMITER_REDIS_URL" doc:"Redis URL for the limiter alone."`
	ClusterMode bool    `key:"cluster_mode" default:"false" doc:"Driver redis speaks to a Redis Cluster."`
}
