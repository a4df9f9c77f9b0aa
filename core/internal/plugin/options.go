package plugin

import (
	"encoding/json"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Options say which plugins to run and for what.
type Options struct {
	// Dir is the plugin directory. It may be empty when every plugin that is
	// needed has a path or an address.
	Dir string
	// RunDir is where sockets live, a short path; "" chooses
	// $XDG_RUNTIME_DIR/jackfield, /run/jackfield or /tmp/jackfield-UID.
	RunDir string
	// LockFile names the file of checksums. "" means plugins.lock in Dir if there
	// is one. A lock file that exists is binding: what it does not list, or
	// lists with another checksum, is not executed.
	LockFile string
	// Plugins are the settings of single plugins, by plugin name.
	Plugins map[string]PluginConfig
	// Choices are the kinds that plugins serve. A kind without a choice has no facade.
	Choices map[contract.Kind]Choice
	// NodeID is told to the plugins.
	NodeID string
	// Logger receives the host's own lines and, under the plugin's name, those
	// of the plugins. nil means no log.
	Logger hclog.Logger
	// Clock measures back-off, breakers and health; nil means the system's.
	Clock Clock
	// Spill bounds what the queue facade keeps while the queue is away.
	Spill SpillLimits
}

// PluginConfig are the settings of one plugin.
type PluginConfig struct {
	// Path is the executable; "" means the file in Options.Dir with the plugin's name.
	Path string
	// Address attaches to a program that somebody else runs instead of starting
	// one: "unix:///path", or "host:port" together with TLS.
	Address string
	// TLS is required for an Address over TCP, and used for nothing else.
	TLS *MutualTLS
	// SHA256 is the wanted checksum in hexadecimal; it is checked beside the lock file.
	SHA256 string
	// Drivers are driver names of any kind that this plugin serves.
	Drivers []string
	// Env names variables of the server's environment that the plugin gets too;
	// a name that ends in "*" stands for all that begin so.
	Env []string
	// Isolation is "" (one process for all kinds) or "per_kind".
	Isolation string
	// TransportSecurity is "" (private socket and token) or "auto_mtls".
	TransportSecurity string
}

// MutualTLS names the PEM files for an address over TCP.
type MutualTLS struct {
	CA, Cert, Key string
	// ServerName is the name in the plugin's certificate; "" means the address's host.
	ServerName string
}

// Choice is the driver of one kind.
type Choice struct {
	Driver string
	// Options are the driver's options, a JSON object. They may hold secrets and
	// are told to nobody but the plugin.
	Options json.RawMessage
	// Usual are the options of a server of which nothing is configured but the
	// driver. What a plugin does not know of Options is left out where it is as in
	// Usual; empty: nothing is.
	Usual json.RawMessage
	// Section is where the options stand in the configuration, for messages; may be "".
	Section string
	// Needs are capabilities without which the configuration cannot work.
	Needs []contract.Capability
}

// SpillLimits bound the jobs kept in memory while the queue is away.
type SpillLimits struct {
	// Bytes and Jobs are the most that is kept; 0 means 16 MiB and 65 536.
	Bytes, Jobs int
	// DropOldest makes room for a new job by dropping the oldest ones, counted.
	// Otherwise a job over the limit is refused with ErrOverloaded.
	DropOldest bool
}

// The values of PluginConfig.Isolation and PluginConfig.TransportSecurity.
const (
	isolationPerKind = "per_kind"
	securityAutoMTLS = "auto_mtls"
)

// The time limits of calls to plugins. A slow backend harms more than a dead
// one, so they are short.
const (
	appTimeout        = 2 * time.Second
	cacheTimeout      = 100 * time.Millisecond
	cacheWriteTimeout = 500 * time.Millisecond
	limiterTimeout    = 50 * time.Millisecond
	verdictTimeout    = 250 * time.Millisecond
	busTimeout        = 2 * time.Second
	enqueueTimeout    = time.Second
	settleTimeout     = time.Second
	listTimeout       = 5 * time.Second
	describeTimeout   = 5 * time.Second
	configureTimeout  = 5 * time.Second
	startTimeout      = 30 * time.Second
	prepareTimeout    = 15 * time.Second
	launchTimeout     = 10 * time.Second
	drainTimeout      = 5 * time.Second
	drainGrace        = 250 * time.Millisecond
	lifelineTimeout   = 2 * time.Second
	killTimeout       = 3 * time.Second
)

func (o *Options) setDefaults() {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	if o.Spill.Bytes == 0 {
		o.Spill.Bytes = 16 << 20
	}
	if o.Spill.Jobs == 0 {
		o.Spill.Jobs = 65536
	}
}
