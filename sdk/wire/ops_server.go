package wire

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
)

// operation is what generated operations have in common.
type operation[O any] interface {
	*O
	GetId() uint64
	GetOrderKey() string
	GetDeadlineMs() int64
}

// opClass says which operations may go to a driver together.
type opClass int

const (
	classAlone    opClass = iota // none
	classRepeat                  // those of the class
	classDistinct                // those of the class with different keys
	classes
)

// opSet is what a kind does with its operations on an open driver.
type opSet[O, R any] interface {
	// key is the order key of an operation that names none.
	key(op *O) string
	// class says with which others the operation may be run, and whether its
	// order among others that share its key does not matter.
	class(op *O) (class opClass, shared bool)
	// run executes an operation and sets the result.
	run(ctx context.Context, op *O, res *R)
	// runMany is run for operations of one class.
	runMany(ctx context.Context, class opClass, ops []*O, res []*R)
	// reset makes res the empty result of the operation.
	reset(res *R, id uint64)
	// fail makes res the failure of its operation.
	fail(res *R, err error)
	// size is about what the result takes on the wire.
	size(res *R) int
}

// opServer serves the operations of one open driver.
type opServer[O any, R any, PO operation[O]] struct {
	set    opSet[O, R]
	exec   *executor // nil: operations run where they are read
	work   *workload
	logger hclog.Logger
}

func newOpServer[O any, R any, PO operation[O]](s *Server, set opSet[O, R], driver any) *opServer[O, R, PO] {
	o := &opServer[O, R, PO]{set: set, work: &s.work, logger: s.logger}
	if in, ok := driver.(contract.Inline); !ok || !in.Inline() {
		o.exec = newExecutor(s.parallel)
	}
	return o
}

// batch answers a Batch call.
func (o *opServer[O, R, PO]) batch(ctx context.Context, ops []*O) ([]*R, error) {
	if o.exec == nil {
		results := newResults[R](len(ops))
		o.runInline(ctx, ops, results)
		return o.fit(results), nil
	}
	done := make(chan struct{})
	var results []*R
	r := &responder[R]{size: o.set.size, send: func(some []*R) error {
		if results = append(results, some...); len(results) == len(ops) {
			close(done)
		}
		return nil
	}}
	if len(ops) == 0 {
		return nil, nil
	}
	o.submit(ctx, ops, r)
	select {
	case <-done:
		return o.fit(results), nil
	case <-ctx.Done():
		r.close()
		return nil, ctx.Err()
	}
}

// fit replaces results that do not fit into one message together.
func (o *opServer[O, R, PO]) fit(results []*R) []*R {
	total := 0
	for _, res := range results {
		n := o.set.size(res)
		if total+n > MaxMessage {
			o.set.fail(res, fmt.Errorf("%w: the results of the batch exceed a message; ask for fewer", contract.ErrOverloaded))
			n = 0
		}
		total += n
	}
	return results
}

// pipe answers a Pipe stream until it ends.
func (o *opServer[O, R, PO]) pipe(ctx context.Context, recv func() ([]*O, error), send func([]*R) error) error {
	if o.exec == nil {
		return o.pipeInline(ctx, recv, send)
	}
	r := &responder[R]{size: o.set.size, send: send}
	defer r.close()
	for {
		ops, err := recv()
		if err != nil {
			return endOfStream(err)
		}
		if err := r.expect(ctx, len(ops)); err != nil {
			return err
		}
		o.submit(ctx, ops, r)
	}
}

func (o *opServer[O, R, PO]) pipeInline(ctx context.Context, recv func() ([]*O, error), send func([]*R) error) error {
	var results []*R
	for {
		ops, err := recv()
		if err != nil {
			return endOfStream(err)
		}
		if len(results) < len(ops) {
			results = newResults[R](len(ops))
		}
		o.runInline(ctx, ops, results[:len(ops)])
		if err := sendSplit(results[:len(ops)], o.set.size, send); err != nil {
			return err
		}
	}
}

// newResults makes room for n results in one piece.
func newResults[R any](n int) []*R {
	room, results := make([]R, n), make([]*R, n)
	for i := range room {
		results[i] = &room[i]
	}
	return results
}

func (o *opServer[O, R, PO]) runInline(ctx context.Context, ops []*O, results []*R) {
	refused := o.work.begin(len(ops))
	defer o.work.end(len(ops))
	for i, op := range ops {
		res := results[i]
		o.set.reset(res, PO(op).GetId())
		switch {
		case refused != nil:
			o.set.fail(res, refused)
		case PO(op).GetDeadlineMs() < 0:
			o.set.fail(res, contract.ErrTimeout)
		default:
			o.runOne(ctx, op, res)
		}
	}
}

// runOne runs an operation and survives it.
func (o *opServer[O, R, PO]) runOne(ctx context.Context, op *O, res *R) {
	defer func() {
		if p := recover(); p != nil {
			logPanic(o.logger, p)
			o.set.fail(res, panicError(p))
		}
	}()
	o.set.run(ctx, op, res)
	o.checkSize(res)
}

func (o *opServer[O, R, PO]) runMany(ctx context.Context, class opClass, ops []*O, results []*R) {
	defer func() {
		if p := recover(); p != nil {
			logPanic(o.logger, p)
			for _, res := range results {
				o.set.fail(res, panicError(p))
			}
		}
	}()
	o.set.runMany(ctx, class, ops, results)
	for _, res := range results {
		o.checkSize(res)
	}
}

func (o *opServer[O, R, PO]) checkSize(res *R) {
	if n := o.set.size(res); n > MaxMessage {
		o.set.fail(res, fmt.Errorf("%w: a result of %d bytes, at most %d fit in a message", contract.ErrInternal, n, MaxMessage))
	}
}

// deadlineOf is when an operation that was read at now must be done.
func deadlineOf(ms int64, now time.Time) time.Time {
	if ms == 0 || fromMillis(ms) > maxTrip {
		return now.Add(maxTrip)
	}
	return now.Add(fromMillis(ms))
}
