package compat

import (
	"fmt"
	"strings"
)

// Product is the name of the server whose configuration we accept.
const Product = "Sockudo"

// Prefixes of keys in shared stores and of metric names.
const (
	KeyPrefix         = "sockudo:"
	CachePrefix       = "sockudo_cache:"
	QueuePrefix       = "sockudo_queue:"
	RateLimiterPrefix = "sockudo_rl:"
	AdapterPrefix     = "sockudo_adapter:"
	MetricsPrefix     = "sockudo_"
)

// Names of things in databases and in the file system.
const (
	DatabaseName   = "sockudo"
	Keyspace       = "sockudo"
	DynamoDBTable  = "sockudo-applications"
	UnixSocketPath = "/var/run/sockudo/sockudo.sock"
)

// Environment names that carry a brand. EnvDefaultApp and EnvSoketiDefaultApp
// are prefixes of the names that describe the default app; the same names
// without any brand begin with EnvPlainDefaultApp.
const (
	EnvPrefix               = "SOCKUDO_"
	EnvSoketiPrefix         = "SOKETI_"
	EnvDefaultApp           = "SOCKUDO_DEFAULT_APP_"
	EnvPlainDefaultApp      = "DEFAULT_APP_"
	EnvSoketiDefaultApp     = "SOKETI_DEFAULT_APP_"
	EnvEnableClientMessages = "SOCKUDO_ENABLE_CLIENT_MESSAGES"
	EnvSkipInlineApps       = "SOCKUDO_SKIP_INLINE_APPS"
	EnvServerRole           = "SOCKUDO_SERVER_ROLE"
	EnvMaxConnections       = "SOCKUDO_MAX_CONNECTIONS"
	EnvLogDebug             = "SOCKUDO_LOG_DEBUG"
	EnvLogProd              = "SOCKUDO_LOG_PROD"
)

var byName = map[string]string{
	"Product":           Product,
	"KeyPrefix":         KeyPrefix,
	"CachePrefix":       CachePrefix,
	"QueuePrefix":       QueuePrefix,
	"RateLimiterPrefix": RateLimiterPrefix,
	"AdapterPrefix":     AdapterPrefix,
	"MetricsPrefix":     MetricsPrefix,
	"DatabaseName":      DatabaseName,
	"Keyspace":          Keyspace,
	"DynamoDBTable":     DynamoDBTable,
	"UnixSocketPath":    UnixSocketPath,
	"EnvServerRole":     EnvServerRole,
	"EnvMaxConnections": EnvMaxConnections,
	"EnvLogDebug":       EnvLogDebug,
	"EnvLogProd":        EnvLogProd,
}

// Expand replaces each {Name} in text by the constant of that name. It panics
// when there is no such constant: the text is part of the program, not input.
func Expand(text string) string {
	before, rest, found := strings.Cut(text, "{")
	if !found {
		return text
	}
	name, after, closed := strings.Cut(rest, "}")
	value, known := byName[name]
	if !closed || !known {
		panic(fmt.Sprintf("compat: no constant for {%s} in %q", name, text))
	}
	return before + value + Expand(after)
}
