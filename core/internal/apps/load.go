package apps

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/jackfield/jackfield/sdk/contract"
)

// load asks the store and takes in its answer.
func (r *Registry) load(q query) (*Handle, error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.opts.Timeout)
	defer cancel()
	held, before := r.held(q)
	doubts := held.doubted()
	record, err := r.query(ctx, q)
	switch {
	case err == nil:
		return r.accept(record, doubts), nil
	case errors.Is(err, contract.ErrNotFound):
		r.absent.add(q.label(), r.now())
		r.dismiss(held, before)
		return nil, ErrUnknown
	}
	if errors.Is(err, contract.ErrInvalid) {
		r.opts.Logger.Error("the app store has an app that cannot be read", "app", q.name, "err", err)
	}
	return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

func (r *Registry) query(ctx context.Context, q query) (*contract.App, error) {
	if q.byKey {
		return r.opts.Manager.FindByKey(ctx, q.name)
	}
	return r.opts.Manager.FindByID(ctx, q.name)
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

// accept takes in a record from the store and returns the handle of its app.
// doubts is how often it had been doubted when the store was asked.
func (r *Registry) accept(record *contract.App, doubts uint64) *Handle {
	r.changes.Lock()
	h := r.ids.get(record.ID)
	changed := false
	if h == nil {
		h = r.add(record)
	} else if old := h.Load(); !older(record, old.Record) && !reflect.DeepEqual(record, old.Record) {
		r.swap(h, record)
		changed = true
	}
	if h.doubted() == doubts {
		r.renew(h)
	}
	r.changes.Unlock()
	if changed {
		h.notify()
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
func (r *Registry) renew(h *Handle) {
	now := r.now()
	h.fresh.Store(int64(now + r.opts.SoftTTL))
	h.hard.Store(int64(now + max(r.opts.HardTTL, r.opts.SoftTTL)))
}

// dismiss lets go of an app that the store no longer has, unless another answer
// has changed the handle since before was read from it.
func (r *Registry) dismiss(h *Handle, before *App) {
	if h == nil {
		return
	}
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
