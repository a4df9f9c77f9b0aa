package sdk

import (
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Kinds, capabilities, and what any driver may implement.
type (
	Kind          = contract.Kind
	Capability    = contract.Capability
	Declarer      = contract.Declarer
	Closer        = contract.Closer
	Inline        = contract.Inline
	HealthChecker = contract.HealthChecker
	MetricsSource = contract.MetricsSource
	Sample        = contract.Sample
	SampleKind    = contract.SampleKind
	StateMover    = contract.StateMover
)

// Errors that say more than what they are.
type (
	RetryError   = contract.RetryError
	OptionErrors = contract.OptionErrors
	OptionError  = contract.OptionError
)

// Secret is a string that does not show itself; see package contract.
type Secret = contract.Secret

// Apps.
type (
	App              = contract.App
	Limits           = contract.Limits
	MessageRateLimit = contract.MessageRateLimit
	Features         = contract.Features
	Webhook          = contract.Webhook
	LambdaTarget     = contract.LambdaTarget
	WebhookFilter    = contract.WebhookFilter
	WebhookRetry     = contract.WebhookRetry
)

// The app manager.
type (
	AppManager = contract.AppManager
	AppPage    = contract.AppPage
	AppWriter  = contract.AppWriter
	AppWatcher = contract.AppWatcher
	AppChange  = contract.AppChange
)

// The cache.
type (
	Cache         = contract.Cache
	SetOptions    = contract.SetOptions
	CacheCounter  = contract.CacheCounter
	CacheSwapper  = contract.CacheSwapper
	CacheToucher  = contract.CacheToucher
	CachePrefixer = contract.CachePrefixer
	CacheBatcher  = contract.CacheBatcher
	CacheEntry    = contract.CacheEntry
)

// The queue.
type (
	Queue          = contract.Queue
	Job            = contract.Job
	ConsumeOptions = contract.ConsumeOptions
	Consumer       = contract.Consumer
	Delivery       = contract.Delivery
	Durability     = contract.Durability
	QueueStats     = contract.QueueStats
	DeadLetters    = contract.DeadLetters
	DeadLetter     = contract.DeadLetter
)

// The rate limiter.
type (
	RateLimiter = contract.RateLimiter
	TakeRequest = contract.TakeRequest
	TakeResult  = contract.TakeResult
	RateLeaser  = contract.RateLeaser
	LeaseResult = contract.LeaseResult
)

// The adapter (v1alpha).
type (
	Adapter        = contract.Adapter
	NodeInfo       = contract.NodeInfo
	AdapterSession = contract.AdapterSession
	Topic          = contract.Topic
	BusMessage     = contract.BusMessage
	StateKey       = contract.StateKey
	StateKind      = contract.StateKind
	Change         = contract.Change
	ApplyRequest   = contract.ApplyRequest
	Verdict        = contract.Verdict
	ChangeResult   = contract.ChangeResult
	Position       = contract.Position
	CellPage       = contract.CellPage
	Holding        = contract.Holding
	AdapterEvent   = contract.AdapterEvent
	StateChange    = contract.StateChange
	Lost           = contract.Lost
)

// The errors that cross the process border; see package contract for when each fits.
var (
	ErrNotFound    = contract.ErrNotFound
	ErrConflict    = contract.ErrConflict
	ErrInvalid     = contract.ErrInvalid
	ErrUnsupported = contract.ErrUnsupported
	ErrOverloaded  = contract.ErrOverloaded
	ErrUnavailable = contract.ErrUnavailable
	ErrTimeout     = contract.ErrTimeout
	ErrAuth        = contract.ErrAuth
	ErrInternal    = contract.ErrInternal
	ErrGone        = contract.ErrGone
	ErrClosed      = contract.ErrClosed
	ErrFenced      = contract.ErrFenced
)

// The kinds.
const (
	KindAppManager  = contract.KindAppManager
	KindCache       = contract.KindCache
	KindQueue       = contract.KindQueue
	KindRateLimiter = contract.KindRateLimiter
	KindAdapter     = contract.KindAdapter
)

// The capabilities; see package contract.
const (
	CapPipe        = contract.CapPipe
	CapAppWrite    = contract.CapAppWrite
	CapAppWatch    = contract.CapAppWatch
	CapCacheIncr   = contract.CapCacheIncr
	CapCacheCAS    = contract.CapCacheCAS
	CapCacheTouch  = contract.CapCacheTouch
	CapCachePrefix = contract.CapCachePrefix
	CapQueueDelay  = contract.CapQueueDelay
	CapQueueGroup  = contract.CapQueueGroup
	CapQueueFIFO   = contract.CapQueueFIFO
	CapQueueDead   = contract.CapQueueDead
	CapLimitLease  = contract.CapLimitLease
	CapStateMove   = contract.CapStateMove
)

// The kinds of samples.
const (
	Gauge   = contract.Gauge
	Counter = contract.Counter
)

// The classes of durability, weakest first.
const (
	InMemory   = contract.InMemory
	Shared     = contract.Shared
	Replicated = contract.Replicated
	OnDisk     = contract.OnDisk
)

// The kinds of state of an adapter.
const (
	StatePresence = contract.StatePresence
	StateCount    = contract.StateCount
)

// NoExpiry as TTL keeps a value until it is deleted or evicted.
const NoExpiry = contract.NoExpiry

// RetryAfter returns how long to wait before a retry as err says, or 0.
func RetryAfter(err error) time.Duration { return contract.RetryAfter(err) }
