package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// Driver is one driver that a plugin offers.
type Driver struct {
	Kind contract.Kind
	Name string
	// Schema is the JSON Schema of the options.
	Schema json.RawMessage
	// Capabilities are those that are known before the driver is open.
	Capabilities []contract.Capability
	// Open returns the driver, which implements the contract's interface of
	// its kind. options is a JSON object.
	Open func(ctx context.Context, options json.RawMessage, nodeID string) (any, error)
}

// ServerOptions say what a Server offers.
type ServerOptions struct {
	Name, Version, Commit string
	Drivers               []Driver
	// Logger takes the panics of drivers, among others; nil: nothing is logged.
	// SetLogLevel acts on it.
	Logger hclog.Logger
	// Parallel is how many operations of one driver run at a time unless the
	// driver is Inline; 0 means 64.
	Parallel int
}

const defaultParallel = 64

// Server is the plugin's side: it opens drivers and answers for them. All
// methods may be called at the same time.
type Server struct {
	opts     ServerOptions
	logger   hclog.Logger
	parallel int
	work     workload
	health   healthBoard

	apps    atomic.Pointer[appServer]
	cache   atomic.Pointer[cacheServer]
	queue   atomic.Pointer[queueServer]
	limiter atomic.Pointer[limitServer]
	adapter atomic.Pointer[adapterServer]

	mu      sync.Mutex
	drivers map[contract.Kind]any // nil while it is being opened
	closed  bool

	consumers registry
}

// NewServer returns a server with no driver open.
func NewServer(opts ServerOptions) *Server {
	s := &Server{opts: opts, logger: opts.Logger, parallel: opts.Parallel, drivers: make(map[contract.Kind]any)}
	if s.logger == nil {
		s.logger = hclog.NewNullLogger()
	}
	if s.parallel <= 0 {
		s.parallel = defaultParallel
	}
	return s
}

// Register adds the services to a gRPC server, which is to be made with
// GRPCServerOptions.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	pb.RegisterLifecycleServer(r, &lifecycleService{s: s})
	pb.RegisterAppManagerServer(r, &appService{s: s})
	pb.RegisterCacheServer(r, &cacheService{s: s})
	pb.RegisterQueueServer(r, &queueService{s: s})
	pb.RegisterRateLimiterServer(r, &limitService{s: s})
	pb.RegisterAdapterServer(r, &adapterService{s: s})
}

// Configure opens a driver, as Lifecycle.Configure does for a server that is
// elsewhere, and returns its capabilities.
func (s *Server) Configure(ctx context.Context, c Configuration) ([]contract.Capability, error) {
	offer, err := s.find(c)
	if err != nil {
		return nil, err
	}
	if err := s.reserve(c.Kind); err != nil {
		return nil, err
	}
	driver, err := s.open(ctx, offer, c)
	if err == nil {
		err = s.install(c.Kind, driver)
	}
	if err != nil {
		s.unreserve(c.Kind)
		return nil, err
	}
	return capabilitiesOf(c.Kind, driver, offer.Capabilities), nil
}

func (s *Server) find(c Configuration) (Driver, error) {
	for _, d := range s.opts.Drivers {
		if d.Kind == c.Kind && d.Name == c.Driver {
			return d, nil
		}
	}
	return Driver{}, fmt.Errorf("%w: plugin %s has no %s driver %q", contract.ErrUnsupported, s.opts.Name, c.Kind, c.Driver)
}

func (s *Server) reserve(kind contract.Kind) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return contract.ErrClosed
	}
	if _, taken := s.drivers[kind]; taken {
		return fmt.Errorf("%w: the plugin has a driver for %s open already", contract.ErrConflict, kind)
	}
	s.drivers[kind] = nil
	return nil
}

func (s *Server) unreserve(kind contract.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.drivers, kind)
}

func (s *Server) open(ctx context.Context, offer Driver, c Configuration) (driver any, err error) {
	defer func() {
		if p := recover(); p != nil {
			logPanic(s.logger, p)
			err = panicError(p)
		}
	}()
	options := c.Options
	if len(options) == 0 {
		options = json.RawMessage("{}")
	}
	return offer.Open(ctx, options, c.NodeID)
}

// install makes an open driver answer.
func (s *Server) install(kind contract.Kind, driver any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.Join(contract.ErrClosed, closeDriver(driver))
	}
	if !s.serveLocked(kind, driver) {
		return errors.Join(fmt.Errorf("%w: %T is no %s", contract.ErrInternal, driver, kind), closeDriver(driver))
	}
	s.drivers[kind] = driver
	s.health.watch(kind, driver)
	return nil
}

// serveLocked reports whether driver is of the kind.
func (s *Server) serveLocked(kind contract.Kind, driver any) (ok bool) {
	switch kind {
	case contract.KindAppManager:
		var d contract.AppManager
		if d, ok = driver.(contract.AppManager); ok {
			s.apps.Store(newOpServer[pb.AppOp, pb.AppResult, *pb.AppOp](s, newAppOps(d), d))
		}
	case contract.KindCache:
		var d contract.Cache
		if d, ok = driver.(contract.Cache); ok {
			s.cache.Store(newOpServer[pb.CacheOp, pb.CacheResult, *pb.CacheOp](s, newCacheOps(d), d))
		}
	case contract.KindQueue:
		var d contract.Queue
		if d, ok = driver.(contract.Queue); ok {
			s.queue.Store(newOpServer[pb.QueueOp, pb.QueueResult, *pb.QueueOp](s, newQueueOps(d), d))
		}
	case contract.KindRateLimiter:
		var d contract.RateLimiter
		if d, ok = driver.(contract.RateLimiter); ok {
			s.limiter.Store(newOpServer[pb.LimitOp, pb.LimitResult, *pb.LimitOp](s, newLimitOps(d), d))
		}
	case contract.KindAdapter:
		var d contract.Adapter
		if d, ok = driver.(contract.Adapter); ok {
			s.adapter.Store(&adapterServer{adapter: d})
		}
	}
	return ok
}

// opened returns what answers for a kind.
func opened[T any](slot *atomic.Pointer[T], kind contract.Kind) (*T, error) {
	if t := slot.Load(); t != nil {
		return t, nil
	}
	return nil, toStatus(fmt.Errorf("%w: no %s driver was configured", contract.ErrUnavailable, kind))
}

// Drain refuses new operations, ends the hand-over of jobs, and waits until
// nothing is under way, or for ctx. It reports whether nothing was left.
func (s *Server) Drain(ctx context.Context) bool {
	s.work.refuse()
	s.health.set("", NotServing, "draining")
	s.consumers.drain(ctx)
	return s.work.wait(ctx) == nil
}

// Close closes the open drivers. Calls that come later fail.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	drivers := s.drivers
	s.drivers = make(map[contract.Kind]any)
	s.mu.Unlock()
	s.work.refuse()
	s.health.close()
	var errs []error
	for kind, d := range drivers {
		if err := closeDriver(d); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", kind, err))
		}
	}
	return errors.Join(errs...)
}

func closeDriver(driver any) error {
	if c, ok := driver.(contract.Closer); ok {
		return c.Close()
	}
	return nil
}
