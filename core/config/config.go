package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Secret is a text that does not show itself when printed.
type Secret = contract.Secret

// Config is the whole configuration of a server. It is made by Load and not
// changed afterwards, so it may be read by several goroutines at once. Printing
// it shows no secret.
type Config struct {
	Server      Server              `key:"" doc:"Server."`
	HTTPAPI     HTTPAPI             `key:"http_api" doc:"HTTP API."`
	SSL         SSL                 `key:"ssl" doc:"TLS on the main listener."`
	UnixSocket  UnixSocket          `key:"unix_socket" doc:"A unix socket in place of the main listener."`
	CORS        CORS                `key:"cors" doc:"Headers for browsers."`
	AppManager  AppManager          `key:"app_manager" doc:"Where apps are found."`
	Cache       Cache               `key:"cache" doc:"The shared cache."`
	Queue       Queue               `key:"queue" doc:"The queue of webhook jobs."`
	RateLimiter RateLimiter         `key:"rate_limiter" doc:"Limits per client address."`
	Adapter     Adapter             `key:"adapter" doc:"Several nodes as one."`
	Database    Database            `key:"database" doc:"Where stores are."`
	Pooling     Pooling             `key:"database_pooling" doc:"Sessions of SQL stores."`
	Webhooks    Webhooks            `key:"webhooks" doc:"Webhooks."`
	Channels    ChannelLimits       `key:"channel_limits" doc:"Limits of channels, for apps without their own."`
	Events      EventLimits         `key:"event_limits" doc:"Limits of events, for apps without their own."`
	Presence    Presence            `key:"presence" doc:"Limits of presence channels, for apps without their own."`
	WebSocket   WebSocket           `key:"websocket" doc:"Client connections."`
	Idempotency Idempotency         `key:"idempotency" doc:"Repeated publishes."`
	Metrics     Metrics             `key:"metrics" doc:"The listener for operators."`
	Admin       Admin               `key:"admin" doc:"Administration over HTTP, on the metrics listener."`
	Logging     Logging             `key:"logging" doc:"The log."`
	PluginHost  PluginHost          `key:"" doc:"Plugins."`
	Plugins     map[string]*Plugin  `doc:"One entry for each plugin that needs settings."`
	Cleanup     Cleanup             `key:"cleanup" doc:"Accepted, without effect."`
	Legacy      LegacyClusterHealth `key:"cluster_health" doc:"Accepted, without effect."`

	// File is the file that was read, as the operator or the search wrote it; "" if none.
	File string

	resolved *resolved
}

// resolved is what Load finds out beyond single values. It stands behind a
// pointer so that printing a Config does not show it.
type resolved struct {
	apps    []*contract.App
	choices map[contract.Kind]Choice
}

// Apps returns the apps of the file, or the one that the environment describes,
// in the order written. They are what driver memory serves; another driver
// stores them only if AppManager.RegisterInline is true. Do not change them.
func (c *Config) Apps() []*contract.App { return c.resolved.apps }

// Choices returns for each kind the driver that serves it and what the driver
// is given. All kinds are present. The options hold secrets in the clear.
func (c *Config) Choices() map[contract.Kind]Choice { return c.resolved.choices }

// String lists every key with its value, one per line, secrets redacted.
func (c Config) String() string {
	var b strings.Builder
	fields := fieldsOf(&c)
	for _, name := range slices.Sorted(maps.Keys(c.Plugins)) {
		fields = append(fields, pluginFields(name, c.Plugins[name])...)
	}
	for _, f := range fields {
		fmt.Fprintf(&b, "%s = %s\n", f.path, f.show())
	}
	return b.String()
}

// GoString is String, so that %#v is safe too.
func (c Config) GoString() string { return c.String() }
