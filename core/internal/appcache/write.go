package appcache

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	// maxJobs is how many writes wait.
	maxJobs = 1024
	// markTTL is how long the mark of an app that is gone stands: longer than a
	// slow reader takes from the store to the cache.
	markTTL = 10 * time.Second
	// tries is how often a write begins anew because another one came between.
	tries = 3
)

// job is one write: of app or, if that is nil, of the mark of id.
type job struct {
	app      *contract.App
	id       string
	revision uint64
}

// yields reports whether what stands in the cache is not to be replaced: by an
// app that is older, by a mark that says nothing new. A store that cannot tell
// revisions says 0, which is never older than another app.
func (j job) yields(standing record) bool {
	if j.app == nil {
		return j.revision <= standing.Revision
	}
	return j.revision < standing.Revision && (j.revision != 0 || standing.Gone)
}

// Start starts the goroutine that writes.
func (c *Cache) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	c.wg.Go(func() {
		for {
			select {
			case j := <-c.jobs:
				c.do(ctx, j)
			case <-ctx.Done():
				return
			}
		}
	})
}

// Stop ends it; what waits is not written.
func (c *Cache) Stop() {
	if c.stop != nil {
		c.stop()
	}
	c.wg.Wait()
}

// Put queues the writing of what the store has said.
func (c *Cache) Put(app *contract.App) { c.queue(job{app: app, id: app.ID, revision: app.Revision}) }

// Forget queues that copies of an app below revision, 0: all of them, are no
// longer found.
func (c *Cache) Forget(id string, revision uint64) {
	if revision == 0 {
		revision = math.MaxUint64
	}
	c.queue(job{id: id, revision: revision})
}

func (c *Cache) queue(j job) {
	select {
	case c.jobs <- j:
	default:
		c.dropped.Add(1)
	}
}

// do writes. Errors are counted by the cache; the record is then missing or, for
// its TTL, old.
func (c *Cache) do(ctx context.Context, j job) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	value, ttl, err := c.valueOf(j)
	if err != nil {
		return
	}
	stored := false
	for try := 0; try < tries && !stored; try++ {
		old, err := c.opts.Cache.Get(ctx, keyOfApp(j.id))
		if err != nil && !errors.Is(err, contract.ErrNotFound) {
			return
		}
		if err == nil && j.yields(decode(old)) {
			return
		}
		if stored, err = c.replace(ctx, keyOfApp(j.id), old, value, ttl); err != nil {
			return
		}
	}
	if stored && j.app != nil {
		_, _ = c.opts.Cache.Set(ctx, keyOfKey(j.app.Key), []byte(j.id), contract.SetOptions{TTL: ttl})
	}
}

// valueOf is what j writes, and for how long.
func (c *Cache) valueOf(j job) ([]byte, time.Duration, error) {
	if j.app == nil {
		value, err := record{ID: j.id, Revision: j.revision, Gone: true}.encode()
		return value, min(markTTL, c.opts.TTL), err
	}
	r, err := recordOf(j.app)
	if err == nil && c.Seals() {
		r.Sealed, err = sealApp(c.seal, j.app)
	}
	if err != nil {
		return nil, 0, err
	}
	value, err := r.encode()
	return value, c.opts.TTL, err
}

// replace writes value in place of old (nil: none), and reports false if
// something else stands there. A driver that cannot compare just writes.
func (c *Cache) replace(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	swapper, ok := c.opts.Cache.(contract.CacheSwapper)
	if ok && !c.plain.Load() {
		done, err := swapper.CompareAndSet(ctx, key, old, value, ttl)
		if !errors.Is(err, contract.ErrUnsupported) {
			return done, err
		}
		c.plain.Store(true)
	}
	return c.opts.Cache.Set(ctx, key, value, contract.SetOptions{TTL: ttl, IfAbsent: old == nil})
}

// Samples are the series of the cache of apps; names are without prefix.
func (c *Cache) Samples(context.Context) []contract.Sample {
	return []contract.Sample{{
		Name: "app_copies_dropped_total", Help: "Writes of apps to the shared cache for which the queue had no room.",
		Kind: contract.Counter, Value: float64(c.dropped.Load()),
	}}
}
