package apps

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// load answers q from the shared cache or the store and takes in the answer.
func (r *Registry) load(q query) (*Handle, error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.opts.Timeout)
	defer cancel()
	held, before := r.held(q)
	seen := r.seen(held)
	if held == nil {
		return r.loadCold(ctx, q, seen)
	}
	return r.loadStore(ctx, q, held, before, seen)
}

// loadCold is load for an app that is not held.
func (r *Registry) loadCold(ctx context.Context, q query, seen sight) (*Handle, error) {
	done, err := r.guard.admit()
	if err != nil {
		return nil, err
	}
	defer done()
	if h := r.loadShared(ctx, q, seen); h != nil {
		return h, nil
	}
	leave, err := r.guard.enter(ctx, r.now())
	if err != nil {
		return nil, err
	}
	defer leave()
	return r.loadStore(ctx, q, nil, nil, seen)
}

// loadStore answers q from the store.
func (r *Registry) loadStore(ctx context.Context, q query, held *Handle, before *App, seen sight) (*Handle, error) {
	record, err := r.query(ctx, q)
	switch {
	case err == nil:
		h := r.accept(record, seen, r.opts.SoftTTL)
		r.share(record)
		return h, nil
	case errors.Is(err, contract.ErrNotFound):
		r.lack(q, held, before, seen)
		return nil, ErrUnknown
	}
	if errors.Is(err, contract.ErrInvalid) {
		r.opts.Logger.Error("the app store has an app that cannot be read", "app", q.name, "err", err)
	}
	return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// lack takes in that the store has no such app.
func (r *Registry) lack(q query, held *Handle, before *App, seen sight) {
	if held == nil {
		r.guard.missed(r.now())
	}
	if r.told.Load() == seen.told {
		r.absent.add(q.label(), r.now())
	}
	if held != nil {
		r.outdate(contract.AppChange{ID: before.Record.ID, Deleted: true})
		r.dismiss(held, before)
	}
}

func (r *Registry) query(ctx context.Context, q query) (app *contract.App, err error) {
	if q.byKey {
		app, err = r.opts.Manager.FindByKey(ctx, q.name)
	} else {
		app, err = r.opts.Manager.FindByID(ctx, q.name)
	}
	r.count(err)
	return app, err
}

// held returns the handle that answers q now and what it holds, or nils.
func (r *Registry) held(q query) (*Handle, *App) {
	t := r.ids
	if q.byKey {
		t = r.keys
	}
	h := t.get(q.name)
	if h == nil {
		return nil, nil
	}
	return h, h.Load()
}

// sight is what was known of changes when a question was asked.
type sight struct {
	cold   bool   // nothing was held
	told   uint64 // changes of any app
	doubts uint64 // of the app that was held
}

func (r *Registry) seen(held *Handle) sight {
	return sight{cold: held == nil, told: r.told.Load(), doubts: held.doubted()}
}

// accept takes in a record that was asked for at the time of seen, good for a
// while, and returns the handle of its app.
func (r *Registry) accept(record *contract.App, seen sight, good time.Duration) *Handle {
	r.changes.Lock()
	h := r.ids.get(record.ID)
	changed := false
	if h == nil {
		h = r.add(record)
	}
	current := h.doubted() == seen.doubts
	if seen.cold {
		current = r.told.Load() == seen.told
	}
	if old := h.Load().Record; h.believes(record, current, r.now(), r.opts.SoftTTL) && !reflect.DeepEqual(record, old) {
		r.swap(h, record)
		changed = true
	}
	if current && !h.lags(record) {
		r.renew(h, good)
	} else {
		h.hard.CompareAndSwap(0, int64(r.now()+r.hardTTL()))
	}
	r.changes.Unlock()
	if changed {
		h.notify()
	}
	if seen.cold && !current {
		r.hurry(h)
	}
	return h
}

// older reports whether a is an earlier revision than b.
func older(a, b *contract.App) bool {
	return a.Revision != 0 && a.Revision < b.Revision
}

// add makes the handle of an app that is new here. The caller holds r.changes.
func (r *Registry) add(record *contract.App) *Handle {
	h := &Handle{}
	h.current.Store(r.newApp(record))
	h.used.Store(true)
	r.index(h, record)
	return h
}

// swap puts a new revision into h. The caller holds r.changes.
func (r *Registry) swap(h *Handle, record *contract.App) {
	old := h.Load().Record
	h.current.Store(r.newApp(record))
	if old.Key != record.Key {
		r.keys.drop(old.Key, h)
	}
	r.index(h, record)
}

func (r *Registry) index(h *Handle, record *contract.App) {
	if r.ids.get(record.ID) != h {
		r.ids.put(record.ID, h)
	}
	if r.keys.get(record.Key) != h {
		r.keys.put(record.Key, h)
	}
	r.absent.remove(query{name: record.ID}.label())
	r.absent.remove(query{name: record.Key, byKey: true}.label())
}

// renew starts the times of h anew.
func (r *Registry) renew(h *Handle, good time.Duration) {
	now := r.now()
	h.fresh.Store(int64(now + good))
	h.hard.Store(int64(now + r.hardTTL()))
}

func (r *Registry) hardTTL() time.Duration { return max(r.opts.HardTTL, r.opts.SoftTTL) }

// dismiss lets go of an app that the store no longer has, unless another answer
// has changed the handle since before was read from it.
func (r *Registry) dismiss(h *Handle, before *App) {
	r.changes.Lock()
	gone := h.Load() == before && !before.Gone
	if gone {
		r.remove(h)
	}
	r.changes.Unlock()
	if gone {
		h.notify()
	}
}

// remove takes h out of the tables and marks its app. The caller holds r.changes.
func (r *Registry) remove(h *Handle) {
	last := *h.Load()
	last.Gone = true
	h.current.Store(&last)
	r.ids.drop(last.Record.ID, h)
	r.keys.drop(last.Record.Key, h)
}

// SetDefaults changes the limits of apps that do not say otherwise. Holders of
// handles see them as with another revision.
func (r *Registry) SetDefaults(limits Limits) {
	var changed []*Handle
	r.changes.Lock()
	if r.opts.Defaults == limits {
		r.changes.Unlock()
		return
	}
	r.opts.Defaults = limits
	r.ids.each(func(_ string, h *Handle) {
		if old := h.Load(); !old.Gone {
			h.current.Store(r.newApp(old.Record))
			changed = append(changed, h)
		}
	})
	r.changes.Unlock()
	for _, h := range changed {
		h.notify()
	}
}

// Replace makes these all the apps there are. Handles of apps that stay are kept
// and see the new record, those of others are Gone. It is for a Registry that is
// Complete, at start and whenever the configuration was read anew.
func (r *Registry) Replace(records []*contract.App) {
	r.changes.Lock()
	var changed []*Handle
	named := make(map[string]bool, len(records))
	for _, record := range records {
		named[record.ID] = true
		h := r.ids.get(record.ID)
		if h == nil {
			r.add(record)
		} else if !reflect.DeepEqual(record, h.Load().Record) {
			r.swap(h, record)
			changed = append(changed, h)
		}
	}
	r.ids.each(func(id string, h *Handle) {
		if !named[id] {
			r.remove(h)
			changed = append(changed, h)
		}
	})
	r.changes.Unlock()
	for _, h := range changed {
		h.notify()
	}
}
