package apps

import "github.com/jackfield/jackfield/sdk/contract"

// Changed takes in that somebody else has changed an app: another node told it,
// or the store. The store is asked anew at once, whether anybody is connected or
// not; an empty ID means that some changes were missed, and everything is
// doubted. It never blocks, and repeated or old news do no harm. A Registry that
// is Complete ignores it.
//
// A new app is known by its id only, while clients ask for its key, so all that
// was found absent is open again.
func (r *Registry) Changed(change contract.AppChange) {
	if r.opts.Complete {
		return
	}
	r.told.Add(1)
	if change.ID == "" {
		r.doubtAll()
		return
	}
	r.absent.clear()
	r.outdate(change)
	h := r.ids.get(change.ID)
	if h == nil {
		return
	}
	held := h.Load().Record.Revision
	h.want(change.Revision)
	if change.Deleted && held != 0 {
		h.reborn.Store(true)
		h.want(held + 1)
	}
	if change.Deleted || change.Revision == 0 || change.Revision > held {
		r.doubt(h)
		r.hurry(h)
	}
}

// OnLocalChange has tell called after each Learn and Lose, when the change holds
// here. It is set before the registry is in use. tell returns at once; calls may
// come at the same time.
func (r *Registry) OnLocalChange(tell func(contract.AppChange)) { r.local.Store(&tell) }

// Learn takes in a record that this node itself has just written to the store:
// holders of the app's handle see it before Learn returns.
func (r *Registry) Learn(record *contract.App) {
	r.told.Add(1)
	r.changes.Lock()
	h := r.ids.get(record.ID)
	changed := h != nil
	switch {
	case h == nil:
		h = r.add(record)
		r.renew(h, r.opts.SoftTTL)
	case older(record, h.Load().Record):
		changed = false // somebody was quicker
	default:
		h.doubts.Add(1)
		r.swap(h, record)
		r.renew(h, r.opts.SoftTTL)
	}
	r.changes.Unlock()
	if changed {
		h.notify()
	}
	r.share(record)
	r.tellLocal(contract.AppChange{ID: record.ID, Revision: record.Revision})
}

// Lose takes in that this node itself has just deleted an app from the store;
// its handle is Gone when Lose returns.
func (r *Registry) Lose(id string) {
	r.told.Add(1)
	change := contract.AppChange{ID: id, Deleted: true}
	r.outdate(change)
	if h := r.ids.get(id); h != nil {
		h.doubts.Add(1)
		r.dismiss(h, h.Load())
	}
	r.tellLocal(change)
}

func (r *Registry) tellLocal(change contract.AppChange) {
	if tell := r.local.Load(); tell != nil {
		(*tell)(change)
	}
}

// doubtAll makes everything that is held due.
func (r *Registry) doubtAll() {
	r.absent.clear()
	r.ids.each(func(_ string, h *Handle) { r.doubt(h) })
	r.wake()
}

// doubt makes h due. An answer that is under way was perhaps read before the
// change and does not count as fresh.
func (r *Registry) doubt(h *Handle) {
	h.doubts.Add(1)
	h.fresh.Store(0)
}

// wake has the sweeper begin a round now.
func (r *Registry) wake() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// hurry refreshes a doubted h at once, or leaves it to the sweeper if others
// hurry already.
func (r *Registry) hurry(h *Handle) {
	h.late.Store(true)
	select {
	case r.hurried <- struct{}{}:
	default:
		r.wake()
		return
	}
	started := r.flights.spawn(func() {
		r.refresh(h)
		<-r.hurried
	})
	if !started {
		<-r.hurried
	}
}
