package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
)

// queue is the queue driver: one line per queue of jobs.
type queue struct {
	opts   *options
	api    service
	log    hclog.Logger
	run    string // names this process in receipts
	counts counts
	pulse  pulse
	depths depths

	ctx  context.Context // of what the driver does by itself
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu    sync.Mutex
	lines map[string]*opening
}

// opening is a line that is or was being prepared.
type opening struct {
	line  *line
	ready chan struct{} // closed when line or err is set
	err   error
	since time.Time // when err was set
}

var (
	_ contract.Queue         = (*queue)(nil)
	_ contract.DeadLetters   = (*queue)(nil)
	_ contract.Declarer      = (*queue)(nil)
	_ contract.Closer        = (*queue)(nil)
	_ contract.HealthChecker = (*queue)(nil)
	_ contract.MetricsSource = (*queue)(nil)
)

// openQueue makes the driver. SQS is asked when a queue is used.
func openQueue(ctx context.Context, opts options, env sdk.Env) (*queue, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	api, err := newClient(ctx, &opts)
	if err != nil {
		return nil, err
	}
	return newQueue(opts, api, env.Logger), nil
}

func newQueue(opts options, api service, log hclog.Logger) *queue {
	if log == nil {
		log = hclog.NewNullLogger()
	}
	q := &queue{opts: &opts, api: api, log: log, run: newRun(), lines: map[string]*opening{}}
	q.pulse.log, q.pulse.where = log, opts.where()
	q.ctx, q.stop = context.WithCancel(context.Background())
	return q
}

// Capabilities declares what FIFO queues give; SQS counts in whole seconds, so
// delays are never exact.
func (q *queue) Capabilities() []contract.Capability {
	if !q.opts.FIFO {
		return nil
	}
	return []contract.Capability{contract.CapQueueGroup, contract.CapQueueFIFO}
}

const (
	prepareTimeout = 15 * time.Second
	// refusal is how long the error of a preparation answers others too.
	refusalLasts = time.Second
)

// line returns the line of a queue, prepared.
func (q *queue) line(ctx context.Context, name string) (*line, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	o, err := q.opening(name)
	if err != nil {
		return nil, err
	}
	select {
	case <-o.ready:
		return o.line, o.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: look for the SQS queue of %s", contract.ErrTimeout, name)
	}
}

// opening returns what a call waits for; the first one begins it.
func (q *queue) opening(name string) (*opening, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ctx.Err() != nil {
		return nil, fmt.Errorf("%w: the queue driver was closed", contract.ErrClosed)
	}
	o := q.lines[name]
	if o != nil && (o.since.IsZero() || time.Since(o.since) < refusalLasts) {
		return o, nil
	}
	if err := q.oneOnly(name); err != nil {
		return nil, err
	}
	o = &opening{ready: make(chan struct{})}
	q.lines[name] = o
	q.wg.Go(func() { q.open(o, name) })
	return o, nil
}

// oneOnly refuses a second queue if all jobs go to one URL.
func (q *queue) oneOnly(name string) error {
	for other := range q.lines {
		if q.opts.QueueURL != "" && other != name {
			return fmt.Errorf("%w: queue.sqs.queue_url is used for the queue %s and cannot hold %s too; use queue_url_prefix", contract.ErrInvalid, other, name)
		}
	}
	return nil
}

func (q *queue) open(o *opening, name string) {
	ctx, cancel := context.WithTimeout(q.ctx, prepareTimeout)
	defer cancel()
	at, err := q.prepare(ctx, name)
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil && q.ctx.Err() == nil {
		o.line = newLine(q, name, at)
		o.line.start()
	} else {
		o.err, o.since = err, time.Now()
		if err == nil {
			o.err = fmt.Errorf("%w: the queue driver was closed", contract.ErrClosed)
		}
	}
	close(o.ready)
}

// Enqueue stores jobs, ten at a time. Each has its own answer.
func (q *queue) Enqueue(ctx context.Context, jobs []contract.Job) []error {
	errs := make([]error, len(jobs))
	byQueue := map[string][]int{}
	var order []string
	for i, j := range jobs {
		if byQueue[j.Queue] == nil {
			order = append(order, j.Queue)
		}
		byQueue[j.Queue] = append(byQueue[j.Queue], i)
	}
	for _, name := range order {
		mine := make([]contract.Job, len(byQueue[name]))
		for n, i := range byQueue[name] {
			mine[n] = jobs[i]
		}
		for n, err := range q.enqueue(ctx, name, mine) {
			errs[byQueue[name][n]] = err
		}
	}
	return errs
}

func (q *queue) enqueue(ctx context.Context, name string, jobs []contract.Job) []error {
	if ctx.Err() != nil {
		return sameError(fmt.Errorf("%w: enqueue: %w", contract.ErrTimeout, ctx.Err()), len(jobs))
	}
	l, err := q.line(ctx, name)
	if err != nil {
		return sameError(err, len(jobs))
	}
	errs := l.enqueue(ctx, jobs)
	for _, err := range errs {
		if errors.Is(err, errQueueGone) {
			l.repairSoon()
			break
		}
	}
	return errs
}

// Consume begins to take jobs. Lease 0 means the driver's setting.
func (q *queue) Consume(ctx context.Context, opts contract.ConsumeOptions) (contract.Consumer, error) {
	lease := opts.Lease
	if lease == 0 {
		lease = millis(q.opts.Reliability.LeaseDurationMS)
	}
	if lease < time.Second || lease > mostVisibility-margin {
		return nil, fmt.Errorf("%w: a lease is from 1s to %v, not %v", contract.ErrInvalid, mostVisibility-margin, opts.Lease)
	}
	l, err := q.line(ctx, opts.Queue)
	if err != nil {
		return nil, err
	}
	return l.consume(lease), nil
}

// Close ends all polls. One under way gets a moment to end by itself: SQS may
// give a message to a call that was cut off, and hide it for its visibility.
func (q *queue) Close() error {
	var closing sync.WaitGroup
	for _, l := range q.opened() {
		closing.Go(l.close)
	}
	closing.Wait()
	q.stop()
	q.wg.Wait()
	return nil
}

// opened returns the lines in use.
func (q *queue) opened() []*line {
	q.mu.Lock()
	defer q.mu.Unlock()
	var lines []*line
	for _, o := range q.lines {
		if o.line != nil {
			lines = append(lines, o.line)
		}
	}
	return lines
}
