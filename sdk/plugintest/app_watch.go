package plugintest

import (
	"context"
	"errors"
	"sync"

	"github.com/jackfield/jackfield/sdk/contract"
)

var appWatch = []appCase{
	{name: "a watcher hears of every created, changed and deleted app", needs: contract.CapAppWatch, run: watchAll},
	{name: "watching ends with the error of its context", needs: contract.CapAppWatch, run: func(b *appBench) {
		ctx, cancel := context.WithCancel(b.Context())
		w := b.watch(ctx, nil)
		cancel()
		wantErr(b.T, "Watch", promptly(b.T, "Watch", func() error { return <-w.ended }), context.Canceled)
	}},
	{name: "watching ends with the error of its receiver", needs: contract.CapAppWatch, run: func(b *appBench) {
		if !b.has(contract.CapAppWrite) {
			b.Log("left out: the suite cannot make a change in this store")
			return
		}
		enough := errors.New("the receiver has enough")
		w := b.watch(b.Context(), enough)
		app := b.create(renamed(SampleApps()[0]))
		var err error
		b.until("the end of Watch", func() bool {
			select {
			case err = <-w.ended:
				return true
			default:
				change := *app
				change.Revision = 0
				b.update(&change)
				return false
			}
		})
		wantErr(b.T, "Watch", err, enough)
	}},
	{name: "without the ability to watch, Watch is refused", lacks: contract.CapAppWatch, run: func(b *appBench) {
		w, ok := refused[contract.AppWatcher](&b.bench, b.store, contract.CapAppWatch)
		if !ok {
			return
		}
		err := promptly(b.T, "Watch", func() error {
			return w.Watch(b.Context(), func(contract.AppChange) error { return nil })
		})
		wantErr(b.T, "Watch", err, contract.ErrUnsupported)
	}},
}

// watcher collects the changes that Watch tells.
type watcher struct {
	ended chan error

	mu      sync.Mutex
	heard   map[string]contract.AppChange
	doubted bool // some changes were missed, and Watch said so
}

// watch begins to watch; every change is answered with err.
func (b *appBench) watch(ctx context.Context, err error) *watcher {
	b.Helper()
	w := &watcher{ended: make(chan error, 1), heard: map[string]contract.AppChange{}}
	driver := ability[contract.AppWatcher](&b.bench, b.store, contract.CapAppWatch)
	go func() {
		w.ended <- driver.Watch(ctx, func(c contract.AppChange) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.heard[c.ID] = c
			w.doubted = w.doubted || c.ID == ""
			return err
		})
	}()
	return w
}

// hears tells whether a change was told that fits, or that some were missed.
func (w *watcher) hears(id string, fits func(contract.AppChange) bool) func() bool {
	return func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		c, ok := w.heard[id]
		return w.doubted || ok && fits(c)
	}
}

func watchAll(b *appBench) {
	if !b.has(contract.CapAppWrite) {
		b.Log("left out: the suite cannot make a change in this store")
		return
	}
	ctx, cancel := context.WithCancel(b.Context())
	w := b.watch(ctx, nil)
	defer func() { cancel(); <-w.ended }()
	any := func(contract.AppChange) bool { return true }
	polls := 0
	b.until("the beginning of Watch", func() bool {
		if polls++; polls%50 == 1 {
			b.create(renamed(SampleApps()[0]))
		}
		return w.started()
	})
	app := b.create(renamed(SampleApps()[0]))
	b.until("the new app", w.hears(app.ID, any))
	change := *app
	change.Enabled = !app.Enabled
	updated := b.update(&change)
	b.until("the changed app", w.hears(app.ID, func(c contract.AppChange) bool {
		return c.Revision == 0 || c.Revision >= updated.Revision
	}))
	wantNil(b.T, "Delete", b.writer().Delete(b.Context(), app.ID, 0))
	b.until("the deleted app", w.hears(app.ID, func(c contract.AppChange) bool { return c.Deleted }))
}

// started tells whether any change was told.
func (w *watcher) started() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.heard) > 0
}
