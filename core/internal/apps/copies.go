package apps

import (
	"context"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// SharedCache holds copies of apps that nodes make for each other, so that a
// node that does not hold an app need not ask the store. It is never asked for
// an app that is held: that would add the ages of two copies up.
type SharedCache interface {
	// Find returns a copy and how long it may be believed; false if there is none
	// or the cache does not answer in time.
	Find(ctx context.Context, name string, byKey bool) (app *contract.App, good time.Duration, ok bool)
	// Put offers what the store has said. It returns at once.
	Put(app *contract.App)
	// Forget tells that copies below this revision, 0: all copies, are out of
	// date. It returns at once.
	Forget(id string, revision uint64)
}

// loadShared answers q from the shared cache, nil if that has nothing, or if a
// change was told meanwhile, which the copy may be older than.
func (r *Registry) loadShared(ctx context.Context, q query, seen sight) *Handle {
	if r.opts.Shared == nil {
		return nil
	}
	record, good, ok := r.opts.Shared.Find(ctx, q.name, q.byKey)
	if !ok || r.told.Load() != seen.told {
		return nil
	}
	return r.accept(record, seen, min(good, r.opts.SoftTTL))
}

func (r *Registry) share(record *contract.App) {
	if r.opts.Shared != nil {
		r.opts.Shared.Put(record)
	}
}

// outdate keeps other nodes from finding the app as it was.
func (r *Registry) outdate(change contract.AppChange) {
	switch {
	case r.opts.Shared == nil:
	case change.Deleted:
		r.opts.Shared.Forget(change.ID, 0)
	default:
		r.opts.Shared.Forget(change.ID, change.Revision)
	}
}
