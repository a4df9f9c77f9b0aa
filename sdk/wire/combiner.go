package wire

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The shape of traffic.
const (
	maxBatchOps   = 64       // operations in one message
	maxBatchBytes = 64 << 10 // bytes in one message, unless one operation is larger
	windowSlots   = 4        // messages that may be unanswered
	maxInFlight   = 1024     // operations that may be unanswered
	// stallAfter is when a message that is not wholly answered gives its slot
	// back, so that slow operations do not keep quick ones from leaving.
	stallAfter = 5 * time.Millisecond
)

// carrier takes batches to the other side. carry is called by one goroutine;
// it sees to it that each call of the batch is answered or failed, and
// releases the batch when it has been written.
type carrier[O, R any] interface {
	carry(b *batch[O, R])
	// stop ends all goroutines of the carrier and waits for them.
	stop()
}

// combiner shares messages between callers: it queues operations, sends what
// is queued whenever the window has room, and matches answers to callers.
type combiner[O any, R any, PR result[R]] struct {
	header    func(op *O, id uint64, deadlineMS int64)
	carrier   carrier[O, R]
	timeout   time.Duration
	maxQueued int
	stopped   chan struct{}

	mu       sync.Mutex
	wake     sync.Cond // for the sender
	queue    lanes[O, R]
	slots    []slot[O, R]
	free     []uint32
	inFlight int
	holding  int        // slots of the window in use
	open     []*message // oldest first; may contain answered ones
	started  bool
	closed   bool
	idle     bool // the sender waits for something to send
	full     bool // the sender waits for room in the window
	stall    *time.Timer
	sweep    *time.Timer
	sweeping bool
}

// slot is the place of an operation in flight; its index and generation are
// the operation's id.
type slot[O, R any] struct {
	call       *call[O, R]
	generation uint32
}

func newCombiner[O any, R any, PR result[R]](opts ClientOptions, header func(*O, uint64, int64)) *combiner[O, R, PR] {
	c := &combiner[O, R, PR]{
		header:    header,
		timeout:   opts.Timeout,
		maxQueued: opts.maxQueued(),
		stopped:   make(chan struct{}),
	}
	c.wake.L = &c.mu
	return c
}

func (c *combiner[O, R, PR]) do(ctx context.Context, k *call[O, R]) (*R, error) {
	defer k.release()
	if err := c.submit(ctx, k); err != nil {
		return nil, err
	}
	return c.await(ctx, k)
}

func (c *combiner[O, R, PR]) doMany(ctx context.Context, calls []*call[O, R]) []answer[R] {
	answers := make([]answer[R], len(calls))
	for i, k := range calls {
		answers[i].err = c.submit(ctx, k)
	}
	for i, k := range calls {
		if answers[i].err == nil {
			answers[i].res, answers[i].err = c.await(ctx, k)
		}
		k.release()
	}
	return answers
}

func (c *combiner[O, R, PR]) await(ctx context.Context, k *call[O, R]) (*R, error) {
	select {
	case <-k.done:
	case <-ctx.Done():
		if !c.abandon(k) {
			return nil, fromContext(ctx)
		}
		<-k.done
	}
	return k.res, k.err
}

func (c *combiner[O, R, PR]) submit(ctx context.Context, k *call[O, R]) error {
	if ctx.Err() != nil {
		return fromContext(ctx)
	}
	k.app = appOf(ctx)
	k.deadline, _ = ctx.Deadline()
	if k.size > MaxMessage {
		return fmt.Errorf("%w: %d bytes, at most %d fit in a message", contract.ErrInvalid, k.size, MaxMessage)
	}
	if c.timeout > 0 {
		if latest := time.Now().Add(c.timeout); k.deadline.IsZero() || k.deadline.After(latest) {
			k.deadline = latest
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return contract.ErrClosed
	}
	if c.queue.bytes > 0 && c.queue.bytes+k.size > c.maxQueued {
		return fmt.Errorf("%w: %d bytes wait to be sent to the plugin", contract.ErrOverloaded, c.queue.bytes)
	}
	c.queue.push(k)
	c.startLocked()
	if c.idle {
		c.idle = false
		c.wake.Signal()
	}
	return nil
}

func (c *combiner[O, R, PR]) startLocked() {
	if !c.started {
		c.started = true
		go c.send()
	}
	if c.timeout > 0 && !c.sweeping {
		c.sweeping = true
		c.armSweepLocked()
	}
}

// abandon ends the caller's wait. It reports true if the answer was there first.
func (c *combiner[O, R, PR]) abandon(k *call[O, R]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch k.state {
	case callQueued:
		c.queue.remove(k)
	case callInFlight:
		c.landLocked(k)
	case callDone:
		return true
	}
	k.state = callDone
	return false
}

// deliver hands answers to their callers; what nobody waits for is dropped.
func (c *combiner[O, R, PR]) deliver(results []*R) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, res := range results {
		if k := c.inSlotLocked(PR(res).GetId()); k != nil {
			c.landLocked(k)
			k.finish(res, nil)
		}
	}
}

func (c *combiner[O, R, PR]) inSlotLocked(id uint64) *call[O, R] {
	i := uint32(id)
	if int(i) >= len(c.slots) || c.slots[i].generation != uint32(id>>32) {
		return nil
	}
	return c.slots[i].call
}

// fail ends the operations in flight over a stream, or all of them (nil).
func (c *combiner[O, R, PR]) fail(err error, stream any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.slots {
		if k := c.slots[i].call; k != nil && (stream == nil || k.msg.stream == stream) {
			c.landLocked(k)
			k.finish(nil, err)
		}
	}
}

// failBatch ends the operations of a batch, which was not yet released, that
// have no answer.
func (c *combiner[O, R, PR]) failBatch(err error, b *batch[O, R]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range b.calls {
		if k.state == callInFlight && k.msg == b.msg {
			c.landLocked(k)
			k.finish(nil, err)
		}
	}
}

// Close ends all operations with ErrClosed and waits for the client's goroutines.
func (c *combiner[O, R, PR]) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		<-c.stopped
		return nil
	}
	c.closed = true
	for k := c.queue.peek(); k != nil; k = c.queue.peek() {
		c.queue.pop()
		k.finish(nil, contract.ErrClosed)
	}
	started := c.started
	c.wake.Broadcast()
	c.stopTimersLocked()
	c.mu.Unlock()

	c.fail(contract.ErrClosed, nil)
	if !started {
		close(c.stopped)
	}
	c.carrier.stop()
	return nil
}

func (c *combiner[O, R, PR]) stopTimersLocked() {
	if c.stall != nil {
		c.stall.Stop()
	}
	if c.sweep != nil {
		c.sweep.Stop()
	}
}
