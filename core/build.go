package core

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/config"
	"github.com/jackfield/jackfield/core/internal/adapter"
	"github.com/jackfield/jackfield/core/internal/appcache"
	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/deflate"
	"github.com/jackfield/jackfield/core/internal/directory"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/lastevent"
	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/plugin"
	"github.com/jackfield/jackfield/core/internal/rest"
	"github.com/jackfield/jackfield/core/internal/session"
	"github.com/jackfield/jackfield/core/internal/watchlist"
	"github.com/jackfield/jackfield/core/internal/webhook"
	"github.com/jackfield/jackfield/core/internal/ws"
	"github.com/jackfield/jackfield/sdk/contract"
)

// server is a node with all its parts.
type server struct {
	cfg     *config.Config
	log     hclog.Logger
	node    string
	began   time.Time
	metrics *metrics.Registry
	lags    []*metrics.Histogram // one per shard
	host    *plugin.Host         // nil when no plugin is needed
	apps    *apps.Registry
	limiter contract.RateLimiter
	hub     *hub.Hub
	cluster *adapter.Node        // nil when this node is alone
	copies  *appcache.Cache      // nil: apps are not in the shared cache
	people  *directory.Directory // nil: nor are members and users
	cache   contract.Cache       // nil when it is switched off
	events  *lastevent.Store
	online  *watchlist.Table

	webhooks      *webhook.Service // nil without a queue
	sessions      *session.Server
	sockets       *ws.Server
	metricsServer *http.Server

	certificate    *certificate // nil without TLS
	redirectServer *http.Server // nil without redirect
	// Only the clock's goroutine touches these.
	short   bool // memory is
	trimmer trimmer

	reload reload

	background context.CancelFunc
	wg         sync.WaitGroup
}

// now is the node's monotonic clock. It begins an hour after zero, so that 0 can
// mean "never".
func (s *server) now() time.Duration { return time.Hour + time.Since(s.began) }

// build makes all parts; plugins run and are configured when it returns.
func build(ctx context.Context, cfg *config.Config, log hclog.Logger) (*server, error) {
	s := &server{cfg: cfg, log: log, node: cfg.Server.Instance.ProcessID, began: time.Now()}
	if s.node == "" {
		s.node = rand.Text()
	}
	s.reload.current.Store(cfg)
	s.metrics = metrics.New(metrics.Options{Prefix: cfg.Metrics.Prometheus.Prefix, Port: int(cfg.Server.Port)})
	if err := s.startPlugins(ctx); err != nil {
		return nil, err
	}
	if err := s.registerInline(ctx); err != nil {
		return nil, errors.Join(err, s.stopPlugins())
	}
	s.openCache()
	s.buildApps()
	s.buildLimiter()
	s.buildWebhooks()
	s.online = watchlist.New()
	s.buildPeople()
	s.buildCluster()
	s.buildHub()
	s.buildCache()
	s.sessions = session.NewServer(s.sessionOptions())
	s.metrics.AddTables(tables{s.hub, s.sessions})
	options, err := s.socketOptions()
	if err != nil {
		return nil, errors.Join(err, s.stopPlugins())
	}
	s.sockets = ws.NewServer(options)
	return s, nil
}

func (s *server) stopPlugins() error {
	if s.host == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), hard)
	defer cancel()
	return s.host.Stop(ctx)
}

// startPlugins starts the plugins of all drivers that the core does not serve.
func (s *server) startPlugins(ctx context.Context) error {
	choices := choicesOf(s.cfg.Choices())
	if len(choices) == 0 {
		return nil
	}
	opts := hostOptions(s.cfg, s.node, s.log)
	opts.Choices = choices
	host, err := plugin.Start(ctx, opts)
	if err != nil {
		return fmt.Errorf("start plugins: %w", err)
	}
	s.host = host
	s.metrics.AddSamples(host)
	return nil
}

// hostOptions are those of the host of plugins, but for the choices.
func hostOptions(cfg *config.Config, node string, log hclog.Logger) plugin.Options {
	return plugin.Options{
		Dir: cfg.PluginHost.Dir, RunDir: cfg.PluginHost.RunDir, LockFile: cfg.PluginHost.LockFile,
		Plugins: pluginsOf(cfg), NodeID: node, Logger: log,
	}
}

func pluginsOf(cfg *config.Config) map[string]plugin.PluginConfig {
	all := map[string]plugin.PluginConfig{}
	for name, p := range cfg.Plugins {
		c := plugin.PluginConfig{
			Path: p.Path, Address: p.Address, SHA256: p.SHA256, Drivers: p.Drivers, Env: p.Env,
			Isolation: p.Isolation, TransportSecurity: p.TransportSecurity,
		}
		if p.TLS != (config.PluginTLS{}) {
			c.TLS = &plugin.MutualTLS{CA: p.TLS.CAPath, Cert: p.TLS.CertPath, Key: p.TLS.KeyPath, ServerName: p.TLS.ServerName}
		}
		all[name] = c
	}
	return all
}

// buildApps makes the look-up of apps; those of driver memory are all in the file.
func (s *server) buildApps() {
	opts := apps.Options{
		Defaults:  limitsOf(s.cfg),
		Complete:  s.cfg.Choices()[contract.KindAppManager].Driver == "memory",
		AlwaysAsk: !s.cfg.AppManager.Cache.Enabled,
		SoftTTL:   s.cfg.AppManager.Cache.TTL,
		Logger:    s.log.Named("apps"),

		AllowMissingOrigin: s.cfg.WebSocket.AllowMissingOrigin,
	}
	if s.host != nil {
		opts.Manager = s.host.AppManager()
	}
	if s.buildCopies(); s.copies != nil {
		opts.Shared = s.copies
	}
	s.apps = apps.New(opts)
	s.metrics.AddSamples(s.apps)
	if opts.Complete {
		s.apps.Replace(s.cfg.Apps())
	}
}

// limitsOf are the limits of apps that say nothing else.
func limitsOf(cfg *config.Config) apps.Limits {
	const kb = 1024
	return apps.Limits{
		ChannelNameLength:         int(cfg.Channels.MaxNameLength),
		ChannelsPerEvent:          int(cfg.Events.MaxChannelsAtOnce),
		EventNameLength:           int(cfg.Events.MaxNameLength),
		EventBytes:                int(cfg.Events.MaxPayloadKB) * kb,
		BatchSize:                 int(cfg.Events.MaxBatchSize),
		PresenceMembersPerChannel: int(cfg.Presence.MaxMembersPerChannel),
		PresenceMemberBytes:       int(cfg.Presence.MaxMemberSizeKB) * kb,
	}
}

// limiterKeys is how many addresses and apps the local limiter remembers.
const limiterKeys = 100_000

func (s *server) buildLimiter() {
	local := limit.NewKeyed(limiterKeys, func() int64 { return int64(s.now()) })
	s.limiter = local
	if s.host == nil {
		return
	}
	if shared := s.host.RateLimiter(); shared != nil {
		s.limiter = &sharedLimiter{
			shared: limit.NewLeased(shared, limiterKeys, func() int64 { return int64(s.now()) }),
			local:  local, onError: s.cfg.RateLimiter.OnError,
		}
	}
}

// A log of the hub holds at most this much.
const (
	logBytes = 8 << 20
	logAge   = 2 * time.Second
)

// countEvery is how often subscribers of large channels are told their number.
const countEvery = 5 * time.Second

func (s *server) buildHub() {
	n := shards()
	for range n {
		s.lags = append(s.lags, s.metrics.NewDeliveryLag())
	}
	opts := hub.Options{
		Shards: n, LogBytes: logBytes, LogAge: logAge, Now: s.now, Counters: s.counters,
		Pack:  s.packer(),
		Grace: s.cfg.Presence.UngracefulTimeout, CountEvery: countEvery,
	}
	if s.cluster != nil {
		opts.Cluster = s.cluster
	} else {
		opts.Observer = s.observer()
	}
	s.hub = hub.New(opts)
}

// packer compresses messages, if that is switched on.
func (s *server) packer() func([]byte) []byte {
	if !s.compresses() {
		return nil
	}
	return deflate.Frame
}

func (s *server) compresses() bool {
	return s.cfg.WebSocket.Compression != "" && s.cfg.WebSocket.Compression != "disabled"
}

func (s *server) restOptions() rest.Options {
	opts := rest.Options{
		Apps: s.apps, Publisher: s.events.Publisher(s.next()), Occupancy: s.hub, Connections: s.hub, Counters: s.metrics, Cache: s.events,
		PathPrefix: s.cfg.Server.PathPrefix,
		BodyLimit:  int64(s.cfg.HTTPAPI.RequestLimitMB) << 20,
		Limiter:    s.limiter,
		Repeats:    s.repeats(), MaxIdempotencyKey: int(s.cfg.Idempotency.MaxKeyLength),
		CORS: rest.CORS{
			Origins: s.cfg.CORS.Origin, Methods: s.cfg.CORS.Methods,
			Headers: s.cfg.CORS.AllowedHeaders, Credentials: s.cfg.CORS.Credentials,
		},
		Checks:       s.checks(),
		CheckTimeout: s.cfg.Server.HealthCheckTimeout,
		Draining:     s.sessions.Draining,
		Usage:        s.cfg.HTTPAPI.UsageEnabled,
	}
	if s.cluster != nil {
		opts.Occupancy, opts.Connections = s.cluster.Everywhere(), s.cluster.Everywhere()
	}
	if rate := s.cfg.RateLimiter; s.addressLimits() {
		opts.Address = rest.AddressLimit{
			Limiter: s.limiter, Requests: rate.API.MaxRequests, Window: rate.API.Window, TrustHops: int(rate.API.TrustHops),
		}
	}
	return opts
}

func (s *server) addressLimits() bool {
	return s.cfg.RateLimiter.Enabled && s.cfg.Choices()[contract.KindRateLimiter].Driver != "none"
}
