package config

import "time"

// AppManager chooses the store of apps.
type AppManager struct {
	Driver         string     `key:"driver" env:"APP_MANAGER_DRIVER" default:"memory" kind:"driver" spelled:"postgres=pgsql,postgresql=pgsql,scylla=scylladb" doc:"memory (the apps of this file), mysql, pgsql (also postgres, postgresql), dynamodb, scylladb (also scylla), or a plugin's driver."`
	Array          AppArray   `key:"array" doc:"Apps in the file."`
	RegisterInline *bool      `key:"register_inline" env:"APP_MANAGER_REGISTER_INLINE_APPS" doc:"false drops the apps of the file; true writes them to a store other than memory at start; unset: driver memory serves them, other drivers ignore them."`
	Cache          AppCache   `key:"cache" doc:"Copies of apps in the server and in the shared cache."`
	Legacy         OpenObject `key:"scylladb" dead:"" doc:"Without effect: see database.scylladb."`
}

// AppArray holds the apps that are written in the file.
type AppArray struct {
	Apps RawApps `key:"apps" live:"" doc:"List of apps, flat or with a nested policy."`
}

// AppCache are the settings of cached apps.
type AppCache struct {
	Enabled       bool          `key:"enabled" default:"true" doc:"false: every look-up asks the store; the last copy serves only while the store is down."`
	TTL           time.Duration `key:"ttl" fallback:"CACHE_TTL_SECONDS" unit:"s" default:"300" doc:"Age at which a copy is renewed."`
	EncryptionKey Secret        `key:"encryption_key" env:"APP_MANAGER_CACHE_ENCRYPTION_KEY" doc:"At least 16 characters, the same on all nodes: seals the apps in the shared cache. Unset: they stand there without secrets, and nodes ask the store."`
}
