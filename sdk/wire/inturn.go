package wire

import (
	"context"
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

// inTurn is a combiner in Batch mode. Its messages may overtake each other, so
// what one caller asks for together leaves without it, one message after the other.
type inTurn[O any, R any, PR result[R]] struct {
	*combiner[O, R, PR]
	trips *trips[O, R, PR]
}

func (x *inTurn[O, R, PR]) doMany(ctx context.Context, calls []*call[O, R]) []answer[R] {
	if len(calls) < 2 {
		return x.combiner.doMany(ctx, calls)
	}
	if x.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.timeout)
		defer cancel()
	}
	answers := make([]answer[R], len(calls))
	for from := 0; from < len(calls); {
		n := messageOf(calls[from:])
		x.message(ctx, calls[from:from+n], answers[from:])
		from += n
	}
	for _, k := range calls {
		k.release()
	}
	return answers
}

// messageOf is how many of the first calls go into one message.
func messageOf[O, R any](calls []*call[O, R]) int {
	bytes := 0
	for n, k := range calls[:min(len(calls), maxBatchOps)] {
		if bytes += k.size; n > 0 && bytes > maxBatchBytes {
			return n
		}
	}
	return min(len(calls), maxBatchOps)
}

// message makes one call for some operations.
func (x *inTurn[O, R, PR]) message(ctx context.Context, calls []*call[O, R], answers []answer[R]) {
	results, err := x.trip(ctx, calls)
	for i := range calls {
		answers[i].err = err
		if err == nil {
			answers[i].err = errUnanswered
		}
	}
	for _, res := range results {
		if i := PR(res).GetId() - 1; i < uint64(len(calls)) {
			answers[i] = answer[R]{res: res}
		}
	}
}

func (x *inTurn[O, R, PR]) trip(ctx context.Context, calls []*call[O, R]) ([]*R, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(x.trips.ctx, cancel)()
	ops := make([]*O, len(calls))
	for i, k := range calls {
		if k.size > MaxMessage {
			return nil, fmt.Errorf("%w: %d bytes, at most %d fit in a message", contract.ErrInvalid, k.size, MaxMessage)
		}
		x.header(k.op, uint64(i+1), millisLeft(ctx))
		ops[i] = k.op
	}
	switch {
	case x.trips.ctx.Err() != nil:
		return nil, contract.ErrClosed
	case ctx.Err() != nil:
		return nil, fromContext(ctx)
	}
	results, err := x.trips.call(ctx, ops)
	if err != nil && x.trips.ctx.Err() != nil {
		return nil, contract.ErrClosed
	}
	return results, fromStatus(err)
}
