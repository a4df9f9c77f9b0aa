package directory

import (
	"context"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// farewell bounds the writes of what waits at the end.
const farewell = time.Second

// Start starts the goroutine that writes.
func (d *Directory) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	d.stop = cancel
	d.wg.Go(func() { d.run(ctx) })
}

// Stop writes what waits, for at most a second, and ends.
func (d *Directory) Stop() {
	if d.stop != nil {
		d.stop()
	}
	d.wg.Wait()
}

func (d *Directory) run(ctx context.Context) {
	ticker := time.NewTicker(round)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			d.renew()
		case <-d.wake:
			if !pause(ctx, gather) {
				d.sayFarewell()
				return
			}
			d.flush(ctx)
		case <-ctx.Done():
			d.sayFarewell()
			return
		}
	}
}

func (d *Directory) sayFarewell() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	d.flush(ctx)
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// flush writes what waits now.
func (d *Directory) flush(ctx context.Context) {
	d.mu.Lock()
	row := d.changed
	d.changed = nil
	d.mu.Unlock()
	for len(row) > 0 && ctx.Err() == nil {
		n := min(batch, len(row))
		d.write(ctx, row[:n])
		row = row[n:]
	}
	d.mu.Lock()
	d.changed = append(row, d.changed...) // what time was too short for
	d.mu.Unlock()
}

// write brings some entries up to date. Whoever changes one of them meanwhile
// puts it into the row again.
func (d *Directory) write(ctx context.Context, row []*entry) {
	ctx, cancel := context.WithTimeout(ctx, d.opts.Timeout)
	defer cancel()
	online := d.begin(row)
	var sets []contract.CacheEntry
	var set []*entry
	for i, e := range row {
		value := d.valueOf(e, online[i])
		if value == nil {
			d.remove(ctx, e)
			continue
		}
		sets = append(sets, contract.CacheEntry{Key: e.key, Value: value, Options: contract.SetOptions{TTL: ttl}})
		set = append(set, e)
	}
	for i, err := range setMany(ctx, d.opts.Cache, sets) {
		d.done(set[i], err)
	}
}

// begin takes entries out of the row and returns which users are signed in.
func (d *Directory) begin(row []*entry) []bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	online := make([]bool, len(row))
	for i, e := range row {
		e.waits, e.written = false, time.Now()
		online[i] = e.online
	}
	return online
}

// valueOf is what is to stand in the cache, nil for nothing.
func (d *Directory) valueOf(e *entry, online bool) []byte {
	switch {
	case !e.user:
		return encodeChannel(e.name, d.opts.Members(e.app, e.name))
	case online:
		return encodeUser(e.name)
	}
	return nil
}

// remove deletes an entry. If that fails, it goes with its time to live.
func (d *Directory) remove(ctx context.Context, e *entry) {
	if _, err := d.opts.Cache.Delete(ctx, e.key); err != nil {
		d.skipped.Add(1)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !e.waits {
		delete(d.entries, e.key)
	}
}

// done counts a write that failed; the next round makes it again.
func (d *Directory) done(e *entry, err error) {
	if err == nil {
		return
	}
	d.skipped.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	e.written = time.Time{}
}

func setMany(ctx context.Context, cache contract.Cache, entries []contract.CacheEntry) []error {
	if b, ok := cache.(contract.CacheBatcher); ok && len(entries) > 1 {
		_, errs := b.SetMany(ctx, entries)
		return errs
	}
	errs := make([]error, len(entries))
	for i, e := range entries {
		_, errs[i] = cache.Set(ctx, e.Key, e.Value, e.Options)
	}
	return errs
}
