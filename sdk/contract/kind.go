package contract

import "context"

// Kind names one of the five kinds of backend. Its text is the key of the
// configuration section that chooses a driver for it.
type Kind string

// The kinds.
const (
	KindAppManager  Kind = "app_manager"
	KindCache       Kind = "cache"
	KindQueue       Kind = "queue"
	KindRateLimiter Kind = "rate_limiter"
	KindAdapter     Kind = "adapter"
)

// Kinds returns all kinds in the order in which they are configured.
func Kinds() []Kind {
	return []Kind{KindAppManager, KindCache, KindQueue, KindRateLimiter, KindAdapter}
}

// Capability is the name of an ability that not every driver of a kind has.
// Decisions are made on capabilities only, never on versions.
type Capability string

// The capabilities. The SDK declares them from the interfaces that a driver
// implements; CapPipe it provides for every Go plugin.
const (
	CapPipe        Capability = "pipe.v1"         // Pipe stream beside Batch
	CapAppWrite    Capability = "app.write.v1"    // AppWriter
	CapAppWatch    Capability = "app.watch.v1"    // AppWatcher
	CapCacheIncr   Capability = "cache.incr.v1"   // CacheCounter
	CapCacheCAS    Capability = "cache.cas.v1"    // CacheSwapper
	CapCacheTouch  Capability = "cache.touch.v1"  // CacheToucher
	CapCachePrefix Capability = "cache.prefix.v1" // CachePrefixer
	CapQueueDelay  Capability = "queue.delay.v1"  // Job.Delay and Nack's retry delay are exact; declared by the driver
	CapQueueGroup  Capability = "queue.group.v1"  // one job of a group is out at a time; declared by the driver
	CapQueueFIFO   Capability = "queue.fifo.v1"   // jobs of a group are handed over in the order enqueued; declared by the driver
	CapQueueDead   Capability = "queue.dead.v1"   // DeadLetters
	CapLimitLease  Capability = "limit.lease.v1"  // RateLeaser
	CapStateMove   Capability = "state.move.v1"   // StateMover
)

// Declarer lets a driver declare capabilities that no interface shows.
type Declarer interface {
	// Capabilities returns the names to add; constant over the driver's life.
	Capabilities() []Capability
}

// Closer is implemented by drivers that hold resources. Close is called once,
// after the last call has returned.
type Closer interface {
	Close() error
}

// Inline is implemented by drivers whose calls return in microseconds: no I/O,
// no waiting for others, memory only. The SDK then makes calls one after the
// other where it read them instead of giving each a goroutine and a deadline
// of its own. It never concerns Consume, Watch and what they return.
type Inline interface {
	// Inline reports whether calls may be made so; constant over the driver's life.
	Inline() bool
}

// HealthChecker is implemented by drivers that can tell whether their backend
// answers. The SDK asks about every five seconds with a deadline of two.
type HealthChecker interface {
	// Health returns nil while the backend answers, else what is wrong.
	Health(ctx context.Context) error
}

// MetricsSource is implemented by drivers with series of their own.
type MetricsSource interface {
	// Metrics returns samples; it must not block on the backend. Names are
	// without prefix, counters end in "_total". Label sets are small.
	Metrics() []Sample
}

// Sample is one value of one series at the time of asking.
type Sample struct {
	Name   string
	Help   string
	Kind   SampleKind
	Labels map[string]string
	Value  float64
}

// SampleKind says how a Sample behaves over time.
type SampleKind int

// The kinds of samples.
const (
	Gauge SampleKind = iota
	Counter
)

// StateMover is implemented by drivers whose state lives in the process and
// can be handed to a successor (hot upgrade). The bytes are the driver's own
// format, at most a few MiB per chunk.
//
// The consumers of such a queue are asked to settle what the predecessor has
// handed over: of these deliveries they are told the queue, the job's id and the
// receipt only, and answer ErrNotFound if they do not know the receipt.
type StateMover interface {
	// Export calls yield with chunks until all state was given or yield fails.
	// The driver must not change its state meanwhile.
	Export(ctx context.Context, yield func(chunk []byte) error) error
	// Import takes one chunk of a predecessor's Export, in order.
	Import(ctx context.Context, chunk []byte) error
}
