package wire

import (
	"context"
	"sync"
	"time"
)

// maxTrip bounds a call whose operations have no deadline.
const maxTrip = 30 * time.Second

// trips carries each batch by a call of its own.
type trips[O any, R any, PR result[R]] struct {
	c      *combiner[O, R, PR]
	call   func(context.Context, []*O) ([]*R, error)
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func newTrips[O any, R any, PR result[R]](c *combiner[O, R, PR], call func(context.Context, []*O) ([]*R, error)) *trips[O, R, PR] {
	t := &trips[O, R, PR]{c: c, call: call}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

func (t *trips[O, R, PR]) carry(b *batch[O, R]) {
	own := *b
	*b = batch[O, R]{}
	t.wg.Go(func() { t.trip(&own) })
}

func (t *trips[O, R, PR]) trip(b *batch[O, R]) {
	defer b.release()
	ctx, cancel := context.WithDeadline(t.ctx, latest(b.calls))
	defer cancel()
	results, err := t.call(ctx, b.ops)
	if err != nil {
		t.c.failBatch(fromStatus(err), b)
		return
	}
	t.c.deliver(results)
	t.c.failBatch(errUnanswered, b)
}

// latest is the last of the calls' deadlines.
func latest[O, R any](calls []*call[O, R]) time.Time {
	var last time.Time
	for _, k := range calls {
		if k.deadline.IsZero() {
			return time.Now().Add(maxTrip)
		}
		if k.deadline.After(last) {
			last = k.deadline
		}
	}
	return last
}

func (t *trips[O, R, PR]) stop() {
	t.cancel()
	<-t.c.stopped
	t.wg.Wait()
}
