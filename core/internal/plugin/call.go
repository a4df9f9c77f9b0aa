package plugin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// missesToSuspect is how many calls in a row must be late for the plugin to be
// asked whether it lives.
const missesToSuspect = 3

// method describes one operation of a facade.
type method struct {
	id methodID
	// repeatable operations are made once more, at the successor, when the
	// process ended before it answered.
	repeatable bool
	// timeout is that of the operation, if it is not its kind's.
	timeout time.Duration
}

// do makes one operation with the present backend: at once ErrUnavailable if
// there is none or it is too slow, within the time limit else.
func do[T, R any](ctx context.Context, s *slot[T], m method, f func(context.Context, T) (R, error)) (R, error) {
	var none R
	b := s.present.Load()
	if b == nil {
		s.meter.refuse(m.id)
		return none, s.errAway()
	}
	p := s.breaker.allow()
	if p == refused {
		s.meter.refuse(m.id)
		return none, s.errSlow()
	}
	start := s.clock.Now()
	r, err := call(ctx, s, b, m, p, f)
	if err == nil || !mayRepeat(m, err) {
		return r, err
	}
	return repeat(ctx, s, b, m, start, f, err)
}

// call makes the operation and keeps the books.
func call[T, R any](ctx context.Context, s *slot[T], b *backend[T], m method, p pass, f func(context.Context, T) (R, error)) (R, error) {
	start := s.clock.Now()
	b.underway.Add(1)
	r, err := f(ctx, b.client)
	b.underway.Add(-1)
	took := s.clock.Now().Sub(start)
	if errors.Is(err, contract.ErrClosed) && s.present.Load() != b {
		err = fmt.Errorf("%w: %w", contract.ErrGone, err)
	}
	s.meter.count(m.id, took, err)
	s.judge(ctx, b, p, m, took, err)
	return r, err
}

// mayRepeat is whether an operation that failed is safe to make again.
func mayRepeat(m method, err error) bool {
	if wire.Reason(err) == wire.ReasonDraining {
		return true // nothing was done
	}
	return m.repeatable && errors.Is(err, contract.ErrGone)
}

// repeat makes the operation once more at the successor, in the time that is left.
func repeat[T, R any](ctx context.Context, s *slot[T], old *backend[T], m method, start time.Time,
	f func(context.Context, T) (R, error), cause error,
) (R, error) {
	var none R
	left := s.limit(m) - s.clock.Now().Sub(start)
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	b, err := s.after(ctx, old)
	if err != nil {
		return none, cause
	}
	return call(ctx, s, b, m, normal, f)
}

func (s *slot[T]) limit(m method) time.Duration {
	if m.timeout > 0 {
		return m.timeout
	}
	return s.timeout
}

// judge draws conclusions about the backend from how an operation ended.
func (s *slot[T]) judge(ctx context.Context, b *backend[T], p pass, m method, took time.Duration, err error) {
	late := errors.Is(err, contract.ErrTimeout)
	if late && ctx.Err() != nil && took < s.limit(m)/2 {
		return // the caller gave up early, which says nothing
	}
	if s.breaker.record(p, late) {
		s.logBreaker()
	}
	switch {
	case late && s.misses.Add(1)%missesToSuspect == 0:
		b.process.suspect()
	case !late && s.misses.Load() != 0:
		s.misses.Store(0)
	}
	if errors.Is(err, contract.ErrInternal) {
		b.process.bug(s.clock.Now())
	}
}

func (s *slot[T]) logBreaker() {
	if s.breaker.isOpen() {
		s.logger.Warn("driver is too slow, calls now fail at once but one a second", "kind", s.kind, "driver", s.driver)
		return
	}
	s.logger.Info("driver answers in time again", "kind", s.kind, "driver", s.driver)
}
