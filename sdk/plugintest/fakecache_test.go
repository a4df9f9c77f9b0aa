package plugintest_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// fakeCache is a right cache in a map, unless a flaw is switched on.
type fakeCache struct {
	flaw flaw

	mu      sync.Mutex
	entries map[string]fakeEntry
	counted map[string]int64 // results by idempotency id
}

type fakeEntry struct {
	value []byte
	ends  time.Time // zero: never
}

var (
	_ contract.CacheCounter  = (*fakeCache)(nil)
	_ contract.CacheSwapper  = (*fakeCache)(nil)
	_ contract.CacheToucher  = (*fakeCache)(nil)
	_ contract.CachePrefixer = (*fakeCache)(nil)
	_ contract.CacheBatcher  = (*fakeCache)(nil)
)

const fakeDefaultTTL = 10 * time.Minute

func newFakeCache(f flaw) *fakeCache {
	return &fakeCache{flaw: f, entries: map[string]fakeEntry{}, counted: map[string]int64{}}
}

func (c *fakeCache) live(key string) (fakeEntry, bool) {
	e, ok := c.entries[key]
	if ok && c.flaw != ttlIgnored && !e.ends.IsZero() && !time.Now().Before(e.ends) {
		return fakeEntry{}, false
	}
	return e, ok
}

func (c *fakeCache) store(key string, value []byte, ttl time.Duration) {
	e := fakeEntry{value: bytes.Clone(value)}
	if c.flaw == valueKept {
		e.value = value
	}
	if ttl == 0 {
		ttl = fakeDefaultTTL
	}
	if ttl != contract.NoExpiry {
		e.ends = time.Now().Add(ttl)
	}
	c.entries[key] = e
}

func (c *fakeCache) Get(_ context.Context, key string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.live(key)
	if !ok {
		return nil, fmt.Errorf("key %q: %w", key, contract.ErrNotFound)
	}
	return append([]byte{}, e.value...), nil
}

func (c *fakeCache) Set(_ context.Context, key string, value []byte, opts contract.SetOptions) (bool, error) {
	if len(value) > 16<<20 {
		return false, contract.ErrInvalid
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.live(key); ok && opts.IfAbsent && c.flaw != ifAbsentIgnored {
		return false, nil
	}
	c.store(key, value, opts.TTL)
	return true, nil
}

func (c *fakeCache) Delete(_ context.Context, key string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.live(key)
	delete(c.entries, key)
	return ok, nil
}

func (c *fakeCache) Increment(_ context.Context, key string, delta int64, ttl time.Duration, id string) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n, ok := c.counted[id]; ok && id != "" {
		return n, nil
	}
	e, ok := c.live(key)
	n, err := int64(0), error(nil)
	if ok {
		if n, err = strconv.ParseInt(string(e.value), 10, 64); err != nil {
			return 0, fmt.Errorf("count %q: %w", key, contract.ErrInvalid)
		}
	}
	if c.flaw == countRacy {
		c.mu.Unlock()
		<-time.After(time.Microsecond)
		c.mu.Lock()
	}
	n += delta
	text := []byte(strconv.FormatInt(n, 10))
	if ok {
		c.entries[key] = fakeEntry{text, e.ends}
	} else {
		c.store(key, text, ttl)
	}
	if id != "" {
		c.counted[id] = n
	}
	return n, nil
}

func (c *fakeCache) CompareAndSet(_ context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.live(key)
	if ok != (old != nil) || !bytes.Equal(e.value, old) {
		return false, nil
	}
	if value == nil {
		delete(c.entries, key)
		return true, nil
	}
	c.store(key, value, ttl)
	return true, nil
}

func (c *fakeCache) Touch(_ context.Context, key string, ttl time.Duration) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.live(key)
	if ok {
		c.store(key, e.value, ttl)
	}
	return ok, nil
}

func (c *fakeCache) TTL(_ context.Context, key string) (time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.live(key)
	switch {
	case !ok:
		return 0, contract.ErrNotFound
	case e.ends.IsZero():
		return contract.NoExpiry, nil
	}
	return time.Until(e.ends), nil
}

func (c *fakeCache) withPrefix(prefix string) []string {
	var keys []string
	for k := range c.entries {
		if _, ok := c.live(k); ok && strings.HasPrefix(k, prefix) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// Scan uses the last key of a page as the cursor of the next.
func (c *fakeCache) Scan(_ context.Context, prefix, cursor string, limit int) ([]string, string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := c.withPrefix(prefix)
	at, found := slices.BinarySearch(keys, cursor)
	if found {
		at++
	}
	keys = keys[at:]
	if len(keys) <= limit {
		return keys, "", nil
	}
	return keys[:limit], keys[limit-1], nil
}

func (c *fakeCache) DeletePrefix(_ context.Context, prefix string) (int64, error) {
	if prefix == "" {
		return 0, contract.ErrInvalid
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := c.withPrefix(prefix)
	for _, k := range keys {
		delete(c.entries, k)
	}
	return int64(len(keys)), nil
}

func (c *fakeCache) GetMany(ctx context.Context, keys []string) ([][]byte, []error) {
	values, errs := make([][]byte, len(keys)), make([]error, len(keys))
	for i, k := range keys {
		values[i], errs[i] = c.Get(ctx, k)
	}
	return values, errs
}

func (c *fakeCache) SetMany(ctx context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	stored, errs := make([]bool, len(entries)), make([]error, len(entries))
	for i, e := range entries {
		stored[i], errs[i] = c.Set(ctx, e.Key, e.Value, e.Options)
	}
	return stored, errs
}
