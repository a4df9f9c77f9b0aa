package apps

import (
	"context"
	"sync"
	"time"
)

const (
	maxSweepPause = 15 * time.Second
	minSweepPause = 100 * time.Millisecond
	// refreshers bounds the questions to the store that one round has under way.
	refreshers = 8
)

// Run keeps what is held up to date until ctx ends: it watches the store if the
// store can be watched, refreshes apps that somebody listens to, and lets go of
// those that nobody asked for within the hard TTL. A Registry that is Complete
// needs no Run.
func (r *Registry) Run(ctx context.Context) {
	if r.opts.Complete {
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { r.watch(ctx) })
	r.sweep(ctx)
	wg.Wait()
}

func (r *Registry) sweep(ctx context.Context) {
	ticker := time.NewTicker(min(max(r.opts.SoftTTL/4, minSweepPause), maxSweepPause))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-r.woken:
		}
		r.refreshWatched()
		r.dropUnused()
	}
}

// refreshWatched asks the store for all apps that are due and listened to or
// told to have changed, and returns when it has answered.
func (r *Registry) refreshWatched() {
	var wg sync.WaitGroup
	slots := make(chan struct{}, refreshers)
	r.ids.each(func(_ string, h *Handle) {
		if !r.due(h) || !h.watched() && !h.late.Load() {
			return
		}
		slots <- struct{}{}
		wg.Go(func() {
			r.refresh(h)
			<-slots
		})
	})
	wg.Wait()
}

// A store whose replicas lag behind is asked again after pauses that grow from
// lagPause, 6 times in 3 seconds; then its word counts.
const (
	lagPause     = 50 * time.Millisecond
	refreshTries = 8
)

// refresh asks the store for h. It asks again if it joined a question that was
// under way before h was doubted, or if the store lags behind what was told.
func (r *Registry) refresh(h *Handle) {
	h.late.Store(false)
	pause := lagPause
	for try := 1; try <= refreshTries; try++ {
		if try == refreshTries {
			h.wanted.Store(0)
		}
		f := r.flights.start(query{name: h.Load().Record.ID}, r.load)
		<-f.done
		if f.err != nil || !r.due(h) {
			return
		}
		if h.lags(h.Load().Record) {
			if !r.wait(pause) {
				return
			}
			pause *= 2
		}
	}
}

// wait waits for d and reports whether the registry lasted that long.
func (r *Registry) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.closing:
		return false
	}
}

// due reports whether h should be refreshed.
func (r *Registry) due(h *Handle) bool { return r.now() >= time.Duration(h.fresh.Load()) }

// dropUnused lets go of apps past their hard TTL that nobody needs.
func (r *Registry) dropUnused() {
	now := r.now()
	r.ids.each(func(id string, h *Handle) {
		used := h.used.Swap(false)
		if used || now < time.Duration(h.hard.Load()) || h.watched() {
			return
		}
		r.changes.Lock()
		defer r.changes.Unlock()
		r.ids.drop(id, h)
		r.keys.drop(h.Load().Record.Key, h)
	})
}
