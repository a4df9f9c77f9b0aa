package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// class says what a pool of connections is used for. Commands answer at once,
// blocking ones may wait for long, and subscriptions never end: each class has
// connections of its own, so that none holds up another.
type class string

// The classes.
const (
	classCommands class = "commands"
	classBlocking class = "blocking"
	classPubSub   class = "pubsub"
)

// How long connecting, a command without a nearer deadline, and the wait for a
// free connection may take.
const (
	dialTimeout = 2 * time.Second
	readTimeout = 5 * time.Second
	poolTimeout = 5 * time.Second
	idleTime    = 5 * time.Minute
	mapTime     = 10 * time.Second // after which the map of a cluster is read anew
)

// client is a Redis as the drivers of this process share it: one pool of
// connections per endpoint, credentials and class. All methods may be called at
// the same time. Whoever got one from dial closes it, once.
type client struct {
	redis.UniversalClient
	options connectionOptions
	class   class
	shared  *sharedClient
	closed  atomic.Bool
}

// sharedClient is a pool and how many clients use it.
type sharedClient struct {
	key     string
	users   int // guarded by clients.mu
	redis   redis.UniversalClient
	retried atomic.Uint64
	closers []func() error
}

// clients are the pools of this process by endpoint, credentials and class.
var clients = struct {
	mu   sync.Mutex
	open map[string]*sharedClient
}{open: make(map[string]*sharedClient)}

// dial returns a client for options that validate accepted. It does not connect:
// the first command does, and any command may find the server away.
func dial(options connectionOptions, use class) (*client, error) {
	key, err := clientKey(options, use)
	if err != nil {
		return nil, err
	}
	silence()
	clients.mu.Lock()
	defer clients.mu.Unlock()
	s := clients.open[key]
	if s == nil {
		if s, err = newShared(options); err != nil {
			return nil, err
		}
		s.key = key
		clients.open[key] = s
	}
	s.users++
	return &client{UniversalClient: s.redis, options: options, class: use, shared: s}, nil
}

// clientKey holds a password; it never leaves the process.
func clientKey(options connectionOptions, use class) (string, error) {
	plain := struct {
		connectionOptions
		Password, SentinelPassword string
		Class                      class
	}{options, options.Password.Reveal(), options.SentinelPassword.Reveal(), use}
	plain.Source = ""
	key, err := json.Marshal(plain)
	return string(key), err
}

// Close gives the pool back; the last user closes its connections.
func (c *client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	clients.mu.Lock()
	c.shared.users--
	last := c.shared.users == 0
	if last {
		delete(clients.open, c.shared.key)
	}
	clients.mu.Unlock()
	if !last {
		return nil
	}
	return c.shared.close()
}

func (s *sharedClient) close() error {
	err := s.redis.Close()
	for _, f := range s.closers {
		if cerr := f(); err == nil {
			err = cerr
		}
	}
	return err
}

// isCluster reports whether keys live on several masters.
func (c *client) isCluster() bool { return c.options.Mode == modeCluster }

// forEachMaster calls f for every server that owns keys, several at a time.
func (c *client) forEachMaster(ctx context.Context, f func(context.Context, *redis.Client) error) error {
	switch r := c.UniversalClient.(type) {
	case *redis.ClusterClient:
		return r.ForEachMaster(ctx, f)
	case *redis.Client:
		return f(ctx, r)
	}
	return nil
}

func newShared(options connectionOptions) (*sharedClient, error) {
	config, err := options.TLS.config()
	if err != nil {
		return nil, err
	}
	s := &sharedClient{}
	switch options.Mode {
	case modeCluster:
		s.redis = redis.NewClusterClient(clusterOptions(options, config))
	case modeSentinel:
		watch, err := newSentinels(options)
		if err != nil {
			return nil, err
		}
		simple := nodeOptions(options, config)
		simple.Addr = options.MasterName
		simple.Dialer = watch.dialMaster(config)
		s.redis, s.closers = redis.NewClient(simple), []func() error{watch.close}
	default:
		simple := nodeOptions(options, config)
		simple.Addr = options.Addresses[0]
		if path, ok := strings.CutPrefix(simple.Addr, "unix://"); ok {
			simple.Network, simple.Addr = "unix", path
		}
		s.redis = redis.NewClient(simple)
	}
	return s, nil
}

// nodeOptions leave retries to the drivers, which know what may be repeated.
func nodeOptions(options connectionOptions, config *tls.Config) *redis.Options {
	return &redis.Options{
		Username: options.Username, Password: options.Password.Reveal(), DB: int(options.DB), Dialer: dialer(config),
		Protocol: 2, DisableIdentity: true, MaintNotificationsConfig: noMaintenance(),
		MaxRetries: -1, DialerRetries: 1, DialTimeout: dialTimeout,
		ReadTimeout: readTimeout, WriteTimeout: readTimeout, ContextTimeoutEnabled: true,
		PoolSize: options.poolSize(), PoolTimeout: poolTimeout, PipelinePoolSize: -1, ConnMaxIdleTime: idleTime,
	}
}

// clusterOptions follow redirections; for errors of the network see once.
func clusterOptions(options connectionOptions, config *tls.Config) *redis.ClusterOptions {
	return &redis.ClusterOptions{
		Addrs:    options.Addresses,
		Username: options.Username, Password: options.Password.Reveal(), Dialer: dialer(config),
		Protocol: 2, DisableIdentity: true, MaintNotificationsConfig: noMaintenance(),
		MaxRetries: -1, MaxRedirects: 4, DialerRetries: 1, DialTimeout: dialTimeout,
		MinRetryBackoff: 5 * time.Millisecond, MaxRetryBackoff: 100 * time.Millisecond,
		ReadTimeout: readTimeout, WriteTimeout: readTimeout, ContextTimeoutEnabled: true,
		PoolSize: options.poolSize(), PoolTimeout: poolTimeout, PipelinePoolSize: -1, ConnMaxIdleTime: idleTime,
		DisableRoutingPolicies: true, FailingTimeoutSeconds: 1, ClusterStateReloadInterval: mapTime,
	}
}

func noMaintenance() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// dialer returns a function that opens connections, with TLS if config is not nil.
func dialer(config *tls.Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	if config == nil {
		return plain.DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := plain.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return secure(ctx, conn, address, config)
	}
}

// silence keeps go-redis from writing to standard error what it returns anyway.
var silence = sync.OnceFunc(func() { redis.SetLogger(quiet{}) })

type quiet struct{}

// Printf implements go-redis's logger.
func (quiet) Printf(context.Context, string, ...any) {}
