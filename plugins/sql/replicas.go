package main

import (
	"context"
	"sync/atomic"
	"time"
)

// replicaFirst is for how long after a failure of the primary the replicas are
// asked before it.
const replicaFirst = time.Second

// replicas are copies of the primary, which answer while that is away. They may
// be behind, so they are never asked while the primary answers, and what they
// do not have is not known to be absent.
type replicas struct {
	all    []database
	next   atomic.Uint32
	failed atomic.Int64 // when the primary last did, in nanoseconds since began
	reads  atomic.Uint64
}

var began = time.Now()

// read asks the primary and, while that is away, the replicas in turn. primary
// is whether the answer is the primary's.
func (m *appManager) read(ctx context.Context, statement string, args ...any) (rows []row, primary bool, err error) {
	r := &m.replicas
	if len(r.all) == 0 {
		rows, err = m.db.query(ctx, statement, args...)
		return rows, true, err
	}
	if failed := r.failed.Load(); failed != 0 && time.Since(began)-time.Duration(failed) < replicaFirst {
		if rows, err = r.ask(ctx, statement, args); err == nil {
			return rows, false, nil
		}
	}
	rows, err = m.askPrimary(ctx, statement, args)
	if err == nil || !away(m.db.fault(err).err) {
		return rows, true, err
	}
	r.failed.Store(int64(time.Since(began)))
	if found, replicaErr := r.ask(ctx, statement, args); replicaErr == nil {
		return found, false, nil
	}
	return nil, true, err
}

// askPrimary leaves half of the time for others.
func (m *appManager) askPrimary(ctx context.Context, statement string, args []any) ([]row, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	return m.db.query(ctx, statement, args...)
}

// ask asks the replicas until one answers.
func (r *replicas) ask(ctx context.Context, statement string, args []any) (rows []row, err error) {
	first := int(r.next.Add(1))
	for i := range r.all {
		rows, err = r.all[(first+i)%len(r.all)].query(ctx, statement, args...)
		if err == nil {
			r.reads.Add(1)
			return rows, nil
		}
	}
	return nil, err
}
