package wire

import (
	"context"
	"time"
)

// exchange sends operations and returns their answers, in one of the modes.
type exchange[O, R any] interface {
	// do sends a call's operation and waits for its answer. It consumes the
	// caller's reference: the call must not be touched afterwards.
	do(ctx context.Context, k *call[O, R]) (*R, error)
	// doMany is do for several calls; answers are in the order of the calls.
	doMany(ctx context.Context, calls []*call[O, R]) []answer[R]
	Close() error
}

type answer[R any] struct {
	res *R
	err error
}

// service is how the operations of one kind travel.
type service[O, R any] struct {
	header func(op *O, id uint64, deadlineMS int64)
	call   func(ctx context.Context, ops []*O) ([]*R, error)
	open   func(ctx context.Context) (batchStream[O, R], error)
}

func newExchange[O any, R any, PR result[R]](opts ClientOptions, s service[O, R]) exchange[O, R] {
	mode := opts.mode()
	if mode == Unary {
		return &solo[O, R]{service: s, timeout: opts.Timeout}
	}
	c := newCombiner[O, R, PR](opts, s.header)
	if mode == Pipe {
		c.carrier = newPipe(c, s.open)
		return c
	}
	t := newTrips(c, s.call)
	c.carrier = t
	return &inTurn[O, R, PR]{combiner: c, trips: t}
}

// solo makes one call per operation.
type solo[O, R any] struct {
	service[O, R]
	timeout time.Duration
}

func (s *solo[O, R]) do(ctx context.Context, k *call[O, R]) (*R, error) {
	defer k.release()
	if s.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.timeout)
		defer cancel()
	}
	if ctx.Err() != nil {
		return nil, fromContext(ctx)
	}
	s.header(k.op, 1, millisLeft(ctx))
	results, err := s.call(ctx, []*O{k.op})
	switch {
	case err != nil:
		return nil, fromStatus(err)
	case len(results) != 1:
		return nil, errUnanswered
	}
	return results[0], nil
}

func (s *solo[O, R]) doMany(ctx context.Context, calls []*call[O, R]) []answer[R] {
	answers := make([]answer[R], len(calls))
	for i, k := range calls {
		answers[i].res, answers[i].err = s.do(ctx, k)
	}
	return answers
}

func (s *solo[O, R]) Close() error { return nil }
