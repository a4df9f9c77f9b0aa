package plugin

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// The wait after an attempt to flush that brought nothing: as long as the driver
// hints, within bounds, for a stop waits for little more than the longest.
const (
	flushPause    = 250 * time.Millisecond
	flushPauseMax = 2 * time.Second
)

// queue is the queue behind the plugin. While it is away, jobs are kept in
// memory, within bounds, and handed over in order when it is back: an Enqueue
// that returns nil then promises no more than the memory of this process.
type queue struct {
	slot  *slot[*wire.Queue]
	spill *spill
}

var (
	_ contract.Queue       = (*queue)(nil)
	_ contract.DeadLetters = (*queue)(nil)
)

func newQueue(driver string, o *Options) *queue {
	return &queue{
		spill: newSpill(o.Spill, o.Logger),
		slot: newSlot(contract.KindQueue, driver, enqueueTimeout, o,
			func(cc grpc.ClientConnInterface, caps []contract.Capability) (*wire.Queue, func() error) {
				c := wire.NewQueue(cc, wire.ClientOptions{Capabilities: caps})
				return c, c.Close
			}),
	}
}

// Enqueue keeps the jobs that the plugin cannot take now.
func (q *queue) Enqueue(ctx context.Context, jobs []contract.Job) []error {
	errs := repeatError(contract.ErrUnavailable, len(jobs))
	if !q.spill.busy() {
		errs = q.send(ctx, jobs)
	}
	for i, err := range errs {
		if isAway(err) {
			errs[i] = q.spill.add(jobs[i])
		}
	}
	return errs
}

// send hands jobs to the plugin.
func (q *queue) send(ctx context.Context, jobs []contract.Job) []error {
	ctx, cancel := context.WithTimeout(ctx, enqueueTimeout)
	defer cancel()
	errs, err := do(ctx, q.slot, method{id: methodEnqueue, repeatable: true},
		func(ctx context.Context, c *wire.Queue) ([]error, error) {
			errs := c.Enqueue(ctx, jobs)
			return errs, transportError(errs)
		})
	if errs == nil {
		return repeatError(err, len(jobs))
	}
	return errs
}

// isAway is whether an error means that the queue may take the job another time;
// ErrClosed is what calls under way get when their process is taken out of service.
func isAway(err error) bool {
	return errors.Is(err, contract.ErrGone) || errors.Is(err, contract.ErrUnavailable) ||
		errors.Is(err, contract.ErrTimeout) || errors.Is(err, contract.ErrClosed)
}

// flushLoop hands kept jobs to the plugin until ctx ends.
func (q *queue) flushLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.spill.filled:
		}
		for q.spill.busy() && ctx.Err() == nil {
			q.flushOnce(ctx)
		}
	}
}

// flushOnce hands over what fits into a message. If nothing of it was taken it
// waits, unless another process has come meanwhile.
func (q *queue) flushOnce(ctx context.Context) {
	if _, err := q.slot.after(ctx, nil); err != nil {
		return
	}
	_, changed, _ := q.slot.view()
	jobs := q.spill.next()
	errs := q.send(ctx, jobs)
	if q.spill.settle(errs) < len(jobs) {
		return
	}
	select {
	case <-ctx.Done():
	case <-changed:
	case <-q.slot.clock.After(min(max(flushPause, contract.RetryAfter(errs[0])), flushPauseMax)):
	}
}

// Stats counts the jobs that are kept as waiting.
func (q *queue) Stats(ctx context.Context, name string) (contract.QueueStats, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	kept := q.spill.waiting(name) // before the queue has them
	stats, err := do(ctx, q.slot, method{id: methodStats, repeatable: true, timeout: listTimeout},
		func(ctx context.Context, c *wire.Queue) (contract.QueueStats, error) { return c.Stats(ctx, name) })
	if err == nil {
		stats.Waiting += kept
	}
	return stats, err
}

func (q *queue) ListDead(ctx context.Context, name, pageToken string, limit int) ([]contract.DeadLetter, string, error) {
	type page struct {
		letters []contract.DeadLetter
		next    string
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	p, err := do(ctx, q.slot, method{id: methodDead, repeatable: true, timeout: listTimeout},
		func(ctx context.Context, c *wire.Queue) (page, error) {
			letters, next, err := c.ListDead(ctx, name, pageToken, limit)
			return page{letters, next}, err
		})
	return p.letters, p.next, err
}

func (q *queue) ReplayDead(ctx context.Context, name string, ids []string) (int64, error) {
	return q.dead(ctx, func(ctx context.Context, c *wire.Queue) (int64, error) { return c.ReplayDead(ctx, name, ids) })
}

func (q *queue) PurgeDead(ctx context.Context, name string, ids []string) (int64, error) {
	return q.dead(ctx, func(ctx context.Context, c *wire.Queue) (int64, error) { return c.PurgeDead(ctx, name, ids) })
}

func (q *queue) dead(ctx context.Context, f func(context.Context, *wire.Queue) (int64, error)) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	return do(ctx, q.slot, method{id: methodDead, timeout: listTimeout}, f)
}
