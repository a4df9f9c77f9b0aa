package main

import (
	"context"
	"time"
)

// beat is how often leases and spares are looked at while there are any.
const beat = 200 * time.Millisecond

// keep ends leases, and gives back what nobody came for, until ctx ends.
func (l *line) keep(ctx context.Context) {
	for {
		select {
		case <-l.kept:
		case <-ctx.Done():
			return
		}
		for l.hasAny() {
			if !pause(ctx, beat) {
				return
			}
			for _, m := range l.overdue() {
				l.endLease(ctx, m)
			}
			l.release(ctx, l.takeSpares(l.isStale()))
			l.hand(ctx)
		}
	}
}

func (l *line) hasAny() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.held) > 0 || len(l.spares) > 0
}

// overdue returns the jobs whose lease has ended and that nobody settles now.
func (l *line) overdue() []*message {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	var over []*message
	for _, m := range l.held {
		if now.Before(m.deadline) {
			continue
		}
		select {
		case <-m.lock:
			over = append(over, m)
		default:
		}
	}
	return over
}

// endLease does with a job whose lease ended what its worker did not. The
// caller has the message's lock; who waits for it finds the job gone.
func (l *line) endLease(ctx context.Context, m *message) {
	defer func() {
		l.drop(m)
		m.lock <- struct{}{}
	}()
	if m.finished {
		_ = l.remover.remove(ctx, m.handle)
		return
	}
	l.q.counts.lost.Add(1)
	if m.attempt >= l.attempts(m.env) {
		_ = l.bury(ctx, m.env.job(l.name), m, m.attempt, "the lease of the last attempt ended without an outcome")
		return
	}
	_ = l.giveBack(ctx, m, 0)
}

// isStale returns a test for spares that have waited long enough, and for those
// behind them in their group.
func (l *line) isStale() func(*message) bool {
	now, groups := time.Now(), map[string]bool{}
	return func(m *message) bool {
		stale := groups[m.env.Group] || now.Sub(m.received) > spare
		if stale && l.q.opts.FIFO {
			groups[m.env.Group] = true
		}
		return stale
	}
}

// takeSpares takes the spares that match, asked in order.
func (l *line) takeSpares(match func(*message) bool) (taken []*message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.spares[:0:0]
	for _, m := range l.spares {
		if match(m) {
			taken = append(taken, m)
		} else {
			left = append(left, m)
		}
	}
	l.spares = left
	return taken
}
