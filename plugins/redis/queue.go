package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/jobrules"
)

// queue is the queue driver. All that is known about jobs is in Redis and is
// changed by scripts, one step each; docs/adr/0010 tells why it has this shape.
type queue struct {
	*client
	options queueOptions
	logger  hclog.Logger
	pubsub  *client
	backOff jobrules.BackOff
	clock   string // the time in ms, in tests; "": that of Redis
	slots   *workSlots
	replica *replicaWait
	counts  queueCounts

	mu    sync.Mutex
	bells map[string]*bell // by queue, while it has consumers
	seen  map[string]depth // queues that were used, as Health saw them last
}

// queueCounts are what this process did.
type queueCounts struct {
	enqueued, known, refused, done, returned, lost, dead atomic.Uint64
}

var (
	_ contract.Queue         = (*queue)(nil)
	_ contract.DeadLetters   = (*queue)(nil)
	_ contract.Declarer      = (*queue)(nil)
	_ contract.Closer        = (*queue)(nil)
	_ contract.HealthChecker = (*queue)(nil)
	_ contract.MetricsSource = (*queue)(nil)
)

// queueAbilities are what no interface shows.
var queueAbilities = []contract.Capability{contract.CapQueueDelay, contract.CapQueueGroup, contract.CapQueueFIFO}

// openQueue returns a queue that is ready, or will be when Redis is.
func openQueue(ctx context.Context, opts queueOptions, env sdk.Env) (*queue, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	commands, err := dial(opts.Connection, classCommands)
	if err != nil {
		return nil, err
	}
	pubsub, err := dial(opts.Connection, classPubSub)
	if err != nil {
		_ = commands.Close()
		return nil, err
	}
	commands.announce(ctx, env.Logger)
	return &queue{
		client: commands, options: opts, logger: env.Logger, pubsub: pubsub,
		backOff: opts.Reliability.backOff(), slots: newWorkSlots(int(opts.Concurrency)), replica: newReplicaWait(opts.ReplicaWaitMS, opts.Connection.Mode, env.Logger),
		bells: map[string]*bell{}, seen: map[string]depth{},
	}, nil
}

// Capabilities declares what the order and the exact timing of the scripts give.
func (q *queue) Capabilities() []contract.Capability { return queueAbilities }

// Close closes the connections. Consumers must have been closed.
func (q *queue) Close() error {
	err := q.client.Close()
	if perr := q.pubsub.Close(); err == nil {
		err = perr
	}
	return err
}

// parts are the keys of a queue in the order in which the scripts know them.
var parts = [...]string{
	"line", "ready", "later", "out", "held", "jobs", "bodies", "attempts", "order", "ids", "state", "dead", "deaths", "deadids", "losses",
}

// keys are those of a queue. Its name is the hash tag, so they lie in one slot.
func (q *queue) keys(name string) []string {
	keys := make([]string, len(parts))
	for i, part := range parts {
		keys[i] = q.key(name, part)
	}
	return keys
}

func (q *queue) key(name, part string) string { return q.options.Prefix + "{" + name + "}:" + part }

// channel is where consumers of a queue hear that there may be work.
func (q *queue) channel(name string) string { return q.key(name, "wake") }

// script runs one of the queue's scripts.
func (q *queue) script(ctx context.Context, rule repeatable, s *script, name string, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, millis(q.options.TimeoutMS))
	defer cancel()
	return q.run(ctx, rule, s, q.keys(name), append(q.common(name), args...)...)
}

// common are the first arguments of all scripts.
func (q *queue) common(name string) []any {
	r := q.options.Reliability
	return []any{q.clock, q.channel(name), r.MaxAttempts, r.FailedRetention, r.StalledBatchSize}
}

// Consume begins to take jobs; it does not fetch ahead.
func (q *queue) Consume(_ context.Context, opts contract.ConsumeOptions) (contract.Consumer, error) {
	if err := jobrules.CheckQueue(opts.Queue); err != nil {
		return nil, err
	}
	if opts.Lease == 0 {
		opts.Lease = millis(q.options.Reliability.LeaseDurationMS)
	}
	if err := jobrules.CheckLease(opts.Lease); err != nil {
		return nil, err
	}
	q.use(opts.Queue)
	return newConsumer(q, opts), nil
}

// depth is what Health saw of a queue.
type depth struct {
	stats contract.QueueStats
	bytes int64
}

// use notes that a queue is used here, so that its depth becomes a metric.
func (q *queue) use(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, known := q.seen[name]; !known && len(q.seen) < mostSeen {
		q.seen[name] = depth{}
	}
}

// mostSeen bounds the queues with metrics of their own.
const mostSeen = 100

// Health asks every master, and how long the queues are that are used here.
func (q *queue) Health(ctx context.Context) error {
	if err := q.health(ctx); err != nil {
		return err
	}
	for name := range q.depths() {
		d, err := q.depth(ctx, name)
		if err != nil {
			return err
		}
		q.mu.Lock()
		q.seen[name] = d
		q.mu.Unlock()
	}
	return nil
}

func (q *queue) depths() map[string]depth {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := make(map[string]depth, len(q.seen))
	for name, d := range q.seen {
		all[name] = d
	}
	return all
}

var statsScript = mustScript("queue", "queue_stats")

func (q *queue) depth(ctx context.Context, name string) (depth, error) {
	reply, err := q.script(ctx, again, statsScript, name)
	if err != nil {
		return depth{}, err
	}
	n := numbers(reply)
	if len(n) != 6 {
		return depth{}, fmt.Errorf("%w: the script answered %d values", contract.ErrInternal, len(n))
	}
	return depth{bytes: n[5], stats: contract.QueueStats{
		Waiting: uint64(n[0] - n[1] - n[2]), Delayed: uint64(n[1]), Out: uint64(n[2]), Dead: uint64(n[3]),
		OldestAge: millis(n[4]),
	}}, nil
}

// numbers reads a list of whole numbers.
func numbers(reply any) []int64 {
	list, _ := reply.([]any)
	n := make([]int64, len(list))
	for i := range n {
		n[i], _ = list[i].(int64)
	}
	return n
}

// Stats counts the jobs of one queue exactly.
func (q *queue) Stats(ctx context.Context, name string) (contract.QueueStats, error) {
	if err := jobrules.CheckQueue(name); err != nil {
		return contract.QueueStats{}, err
	}
	d, err := q.depth(ctx, name)
	if d.stats.Durability = q.durability(ctx, name); d.stats.Durability == contract.InMemory {
		d.stats.Durability = contract.Shared // the memory is that of Redis, which stays
	}
	return d.stats, err
}

// Metrics returns what this process did, and the depth of the queues as Health
// saw them last.
func (q *queue) Metrics() []contract.Sample {
	c := &q.counts
	samples := append(q.metrics(),
		counter("queue_enqueued_total", "Jobs stored.", c.enqueued.Load()),
		counter("queue_known_total", "Jobs that were stored already.", c.known.Load()),
		counter("queue_refused_total", "Jobs refused because the queue was full.", c.refused.Load()),
		counter("queue_done_total", "Jobs acknowledged.", c.done.Load()),
		counter("queue_returned_total", "Jobs given back by their consumer.", c.returned.Load()),
		counter("queue_lost_leases_total", "Leases that ended without an outcome.", c.lost.Load()),
		counter("queue_dead_total", "Jobs that became dead letters.", c.dead.Load()),
	)
	for name, d := range q.depths() {
		samples = append(samples, depthSamples(name, d)...)
	}
	return append(samples, q.bellSamples()...)
}

func depthSamples(name string, d depth) []contract.Sample {
	states := []struct {
		state string
		n     uint64
	}{{"waiting", d.stats.Waiting}, {"delayed", d.stats.Delayed}, {"out", d.stats.Out}, {"dead", d.stats.Dead}}
	var samples []contract.Sample
	for _, s := range states {
		jobs := gauge("queue_jobs", "Jobs of a queue by state.", float64(s.n))
		jobs.Labels = map[string]string{"queue": name, "state": s.state}
		samples = append(samples, jobs)
	}
	age := gauge("queue_oldest_age_seconds", "Age of the oldest job that waits.", d.stats.OldestAge.Seconds())
	bytes := gauge("queue_bytes", "Bytes of the bodies of jobs and dead letters.", float64(d.bytes))
	age.Labels, bytes.Labels = map[string]string{"queue": name}, map[string]string{"queue": name}
	return append(samples, age, bytes)
}
