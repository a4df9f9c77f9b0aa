package plugintest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// CacheConfig describes a cache to its suite.
type CacheConfig struct {
	// Open returns the cache for one case. It must have room for 20 000 entries
	// and 64 MiB without evicting.
	Open func(t *testing.T) contract.Cache
	// Capabilities are what the driver declares; nil: found by type assertion.
	Capabilities []contract.Capability
	// Advance moves the driver's own clock. Bubble runs every case in a
	// synctest bubble instead. With neither, time passes for real.
	Advance func(d time.Duration)
	Bubble  bool
	// DefaultTTL is what a TTL of 0 means to this cache: a time, NoExpiry, or 0
	// to leave the case out.
	DefaultTTL time.Duration

	clients opener[contract.Cache] // instead of Open, if not nil
}

// Cache checks every promise of contract.Cache and of the interfaces beside it.
func Cache(t *testing.T, cfg CacheConfig) {
	t.Helper()
	cases := slices.Concat(cacheValues, cacheLifetimes, cacheIfAbsent, cacheShared,
		cacheCounter, cacheSwapper, cacheToucher, cachePrefixer, cacheBatcher)
	open := directly(cfg.clients, cfg.Open, cfg.Capabilities)
	play(t, pace{advance: cfg.Advance, bubble: cfg.Bubble}, cases, func(t *testing.T) *cacheBench {
		c, caps := open(t)
		return &cacheBench{
			bench:  bench{T: t, pace: pace{advance: cfg.Advance, bubble: cfg.Bubble}, caps: caps},
			cache:  c,
			cfg:    cfg,
			prefix: unique("suite:") + ":",
		}
	})
}

// cacheBench is the cache of one case, and keys that only this case uses.
type cacheBench struct {
	bench
	cache  contract.Cache
	cfg    CacheConfig
	prefix string
}

type cacheCase = scenario[*cacheBench]

// brief is a lifetime that a case waits for, roomy one in which it gets something
// done before on a busy machine, long one that it never sees end.
const (
	brief = 300 * time.Millisecond
	roomy = 3 * time.Second
	long  = time.Hour
)

func (b *cacheBench) key(name string) string { return b.prefix + name }

// set stores a value, which must succeed.
func (b *cacheBench) set(name, value string, ttl time.Duration) {
	b.Helper()
	stored, err := b.cache.Set(b.Context(), b.key(name), []byte(value), contract.SetOptions{TTL: ttl})
	wantNil(b.T, "Set "+name, err)
	wantSame(b.T, "Set "+name+" stored", stored, true)
}

// setIfAbsent stores a value if there is none and tells whether it did.
func (b *cacheBench) setIfAbsent(name, value string, ttl time.Duration) bool {
	b.Helper()
	stored, err := b.cache.Set(b.Context(), b.key(name), []byte(value), contract.SetOptions{TTL: ttl, IfAbsent: true})
	wantNil(b.T, "Set "+name+" if absent", err)
	return stored
}

// holds expects a value under a name.
func (b *cacheBench) holds(name, want string) {
	b.Helper()
	got, err := b.cache.Get(b.Context(), b.key(name))
	wantNil(b.T, "Get "+name, err)
	if !bytes.Equal(got, []byte(want)) {
		b.Fatalf("Get %s: got %s, want %s", name, excerpt(got), excerpt([]byte(want)))
	}
}

// lacksKey expects a name not to be found.
func (b *cacheBench) lacksKey(name string) {
	b.Helper()
	_, err := b.cache.Get(b.Context(), b.key(name))
	wantErr(b.T, "Get "+name, err, contract.ErrNotFound)
}

// gone tells whether a name is not found; other errors fail the case.
func (b *cacheBench) gone(name string) func() bool {
	return func() bool {
		_, err := b.cache.Get(b.Context(), b.key(name))
		if err != nil {
			wantErr(b.T, "Get "+name, err, contract.ErrNotFound)
		}
		return err != nil
	}
}

// expires expects a name to be found until ttl has gone by, and not from then on.
func (b *cacheBench) expires(name string, ttl time.Duration) {
	b.Helper()
	if !b.simulated() {
		b.until("the end of "+name, b.gone(name))
		return
	}
	b.pass(ttl - time.Millisecond)
	if b.gone(name)() {
		b.Fatalf("%s is gone 1ms before its time", name)
	}
	b.after(time.Millisecond, "the end of "+name, b.gone(name))
}

// outlives expects a name to be found after d has gone by (simulated time only).
func (b *cacheBench) outlives(name string, d time.Duration) {
	b.Helper()
	b.pass(d)
	if b.gone(name)() {
		b.Fatalf("%s is gone after %v", name, d)
	}
}

func (b *cacheBench) delete(name string, want bool) {
	b.Helper()
	existed, err := b.cache.Delete(b.Context(), b.key(name))
	wantNil(b.T, "Delete "+name, err)
	wantSame(b.T, "Delete "+name+" existed", existed, want)
}

// excerpt shows the beginning of a value that may be large.
func excerpt(v []byte) string {
	if len(v) > 40 {
		v = append(slices.Clone(v[:40]), "..."...)
	}
	return string(v)
}
