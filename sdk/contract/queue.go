package contract

import (
	"context"
	"time"
)

// Queue keeps jobs until a worker has done them: at least once, in groups.
//
// A job that Enqueue accepted is handed over, again and again, until it is
// acknowledged or its attempts are used up; then it is a dead letter. One job
// of a group is out at a time over all consumers (CapQueueGroup), a job that
// waits for its retry holds up its own group only. Jobs carry no secrets.
type Queue interface {
	// Enqueue stores jobs and returns one error per job, nil when the job is
	// stored as safely as the driver's Durability says. A job whose ID was
	// enqueued within the last five minutes is accepted and not stored again.
	Enqueue(ctx context.Context, jobs []Job) []error
	// Consume begins to take jobs from one queue. The consumer lives until its
	// Close, whatever happens to ctx.
	Consume(ctx context.Context, opts ConsumeOptions) (Consumer, error)
	// Stats counts the jobs of a queue now; approximate if the backend cannot do better.
	Stats(ctx context.Context, queue string) (QueueStats, error)
}

// Job is a piece of work.
type Job struct {
	// Queue is the name of the queue: letters, digits, "-" and "_".
	Queue string
	// ID is unique and made once, where the job is born; a retry of Enqueue repeats it.
	ID string
	// GroupKey is never empty; at most 256 bytes.
	GroupKey string
	// Body is opaque, at most 256 KiB.
	Body []byte
	// Delay is the least time before the job is handed over.
	Delay time.Duration
	// MaxAttempts bounds how often the job is handed over; 0 means the driver's setting.
	MaxAttempts uint32
}

// ConsumeOptions say what a consumer takes.
type ConsumeOptions struct {
	Queue string
	// Consumer names this consumer in logs and statistics.
	Consumer string
	// Lease is how long a job is out before it is handed over anew unless it
	// was settled or extended. At least one second.
	Lease time.Duration
}

// Consumer takes jobs from one queue. Receive is called by one goroutine at a
// time; the other methods by any.
type Consumer interface {
	// Receive waits for jobs and returns at least one and at most max, in the
	// order in which they should be begun. It is the hand-over: it counts the
	// attempt and starts the lease, so ask only for what can begin at once.
	// After Drain it returns ErrClosed when nothing more will come. A call
	// whose ctx ended may be repeated; no job is lost by it.
	Receive(ctx context.Context, max int) ([]Delivery, error)
	// Ack says that the job is done: when it returns nil the job is durably
	// removed. ErrNotFound if the lease was lost meanwhile.
	Ack(ctx context.Context, d Delivery) error
	// Nack gives the job back, to be handed over again after retryAfter at the
	// earliest; if its attempts are used up it becomes a dead letter with the
	// given reason. A negative retryAfter means the driver's own back-off.
	Nack(ctx context.Context, d Delivery, reason string, retryAfter time.Duration) error
	// Reject makes the job a dead letter at once, with the reason.
	Reject(ctx context.Context, d Delivery, reason string) error
	// Extend gives the job a new lease from now. ErrNotFound if it was lost.
	Extend(ctx context.Context, d Delivery, lease time.Duration) error
	// Drain ends hand-overs: Receive returns what is already out, then
	// ErrClosed. Settling goes on until Close.
	Drain(ctx context.Context) error
	// Close ends the consumer. Jobs still out are handed over again when their lease ends.
	Close() error
}

// Delivery is a job in the hands of a worker.
type Delivery struct {
	Job Job
	// Attempt is 1 at the first hand-over.
	Attempt uint32
	// EnqueuedAt is wall time, for people.
	EnqueuedAt time.Time
	// Receipt identifies this hand-over to the driver.
	Receipt string
}

// Durability says what a stored job survives.
type Durability string

// The classes of durability, weakest first. InMemory jobs end with the process of
// the plugin: a server that stops delivers them before. Shared ones end with the
// store, which goes on without plugin and server.
const (
	InMemory   Durability = "memory"
	Shared     Durability = "shared"
	Replicated Durability = "replicated"
	OnDisk     Durability = "disk"
)

// QueueStats counts jobs by state.
type QueueStats struct {
	Waiting uint64 // can be handed over now, or wait behind their group
	Delayed uint64 // wait for a time
	Out     uint64 // in the hands of workers
	Dead    uint64
	// OldestAge is the age of the oldest job that waits; 0 if none does.
	OldestAge  time.Duration
	Durability Durability
}

// DeadLetters is implemented by queues that keep jobs whose attempts are used
// up (CapQueueDead).
type DeadLetters interface {
	// ListDead returns at most limit dead letters of a queue, oldest first, from
	// a page token ("" for the first), and the next token.
	ListDead(ctx context.Context, queue, pageToken string, limit int) ([]DeadLetter, string, error)
	// ReplayDead puts dead letters back as new jobs with the same ids and no
	// attempts; no ids means all. It returns how many.
	ReplayDead(ctx context.Context, queue string, ids []string) (int64, error)
	// PurgeDead deletes dead letters; no ids means all. It returns how many.
	PurgeDead(ctx context.Context, queue string, ids []string) (int64, error)
}

// DeadLetter is a job that nobody could do.
type DeadLetter struct {
	Job      Job
	Attempts uint32
	Reason   string
	DiedAt   time.Time
}
