package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
)

// cacheModel is a cache as one would draw it: a list from the oldest use to the
// newest, in which whoever comes across an entry past its time removes it.
type cacheModel struct {
	max     int
	now     time.Duration
	entries []modelEntry
}

type modelEntry struct {
	key   string
	value []byte
	ends  time.Duration
}

func (m *cacheModel) find(key string) (modelEntry, bool) {
	i := slices.IndexFunc(m.entries, func(e modelEntry) bool { return e.key == key })
	if i < 0 {
		return modelEntry{}, false
	}
	e := m.entries[i]
	if e.ends <= m.now {
		m.entries = slices.Delete(m.entries, i, i+1)
		return modelEntry{}, false
	}
	return e, true
}

func (m *cacheModel) remove(key string) {
	m.entries = slices.DeleteFunc(m.entries, func(e modelEntry) bool { return e.key == key })
}

func (m *cacheModel) put(e modelEntry) {
	before := len(m.entries)
	m.remove(e.key)
	if len(m.entries) == before && before == m.max {
		m.entries = m.entries[1:]
	}
	m.entries = append(m.entries, e)
}

func (m *cacheModel) ends(ttl time.Duration) time.Duration {
	if ttl == contract.NoExpiry {
		return never
	}
	return m.now + ttl
}

// cacheMachine drives a cache and its model with the same calls.
type cacheMachine struct {
	*testing.T
	cache *cache
	model cacheModel
}

// fresh opens a cache on the model's clock.
func (c *cacheMachine) fresh() *cache {
	fresh, err := openCache(context.Background(), cacheOptions{TTL: 300, MaxCapacity: int64(c.model.max)}, sdk.Env{})
	if err != nil {
		c.Fatal(err)
	}
	fresh.now = func() time.Duration { return c.model.now }
	return fresh
}

func TestCacheBehavesAsItsModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := &cacheMachine{T: t, model: cacheModel{max: rapid.IntRange(1, 5).Draw(rt, "capacity")}}
		c.cache = c.fresh()
		rt.Repeat(map[string]func(*rapid.T){
			"":             c.check,
			"get":          c.get,
			"set":          c.set,
			"delete":       c.delete,
			"swap":         c.swap,
			"increment":    c.increment,
			"touch":        c.touch,
			"ttl":          c.ttl,
			"time passes":  func(t *rapid.T) { c.model.now += time.Duration(rapid.IntRange(0, 5).Draw(t, "ms")) * time.Millisecond },
			"sweep":        c.sweep,
			"dropPrefix":   c.dropPrefix,
			"hand it over": c.handOver,
		})
	})
}

var (
	someKey   = rapid.SampledFrom([]string{"a:1", "a:2", "b:1", "b:2", "c", "d", ""})
	someValue = rapid.SampledFrom([][]byte{{}, []byte("x"), []byte("7"), []byte("-12")})
	someTTL   = rapid.SampledFrom([]time.Duration{contract.NoExpiry, time.Millisecond, 3 * time.Millisecond, time.Second})
)

// check compares all that is held, in the order of use, and the books.
func (c *cacheMachine) check(t *rapid.T) {
	var got []string
	var size int64
	for i := c.cache.lru.slots[0].newer; i != 0; i = c.cache.lru.slots[i].newer {
		s := c.cache.lru.slots[i]
		got = append(got, describe(s.key, s.value, s.ends))
		size += int64(len(s.key) + len(s.value))
	}
	var want []string
	for _, e := range c.model.entries {
		want = append(want, describe(e.key, e.value, e.ends))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("entries (-want +got):\n%s", diff)
	}
	if size != c.cache.lru.bytes || len(got) != c.cache.lru.len() {
		t.Fatalf("the cache counts %d entries of %d bytes, and holds %d of %d", c.cache.lru.len(), c.cache.lru.bytes, len(got), size)
	}
}

func describe(key string, value []byte, ends time.Duration) string {
	return strings.Join([]string{key, string(value), ends.String()}, "|")
}

func (c *cacheMachine) get(t *rapid.T) {
	key := someKey.Draw(t, "key")
	got, err := c.cache.Get(c.Context(), key)
	e, ok := c.model.find(key)
	if ok {
		c.model.put(e)
	}
	if (err == nil) != ok || ok && !bytes.Equal(got, e.value) || !ok && !errors.Is(err, contract.ErrNotFound) {
		t.Fatalf("Get = %q, %v; the model holds %q, %v", got, err, e.value, ok)
	}
}

func (c *cacheMachine) set(t *rapid.T) {
	e := modelEntry{key: someKey.Draw(t, "key"), value: someValue.Draw(t, "value")}
	opts := contract.SetOptions{TTL: someTTL.Draw(t, "ttl"), IfAbsent: rapid.Bool().Draw(t, "if absent")}
	e.ends = c.model.ends(opts.TTL)
	stored, err := c.cache.Set(c.Context(), e.key, e.value, opts)
	want := true
	if opts.IfAbsent {
		_, present := c.model.find(e.key)
		want = !present
	}
	if want {
		c.model.put(e)
	}
	if err != nil || stored != want {
		t.Fatalf("Set = %v, %v; want %v", stored, err, want)
	}
}

func (c *cacheMachine) delete(t *rapid.T) {
	key := someKey.Draw(t, "key")
	existed, err := c.cache.Delete(c.Context(), key)
	_, want := c.model.find(key)
	c.model.remove(key)
	if err != nil || existed != want {
		t.Fatalf("Delete = %v, %v; want %v", existed, err, want)
	}
}

func (c *cacheMachine) swap(t *rapid.T) {
	key, value, ttl := someKey.Draw(t, "key"), someValue.Draw(t, "value"), someTTL.Draw(t, "ttl")
	e, present := c.model.find(key)
	old := e.value // so that half of the swaps take place
	if rapid.Bool().Draw(t, "another old value") {
		old = someValue.Draw(t, "old")
	}
	if rapid.Bool().Draw(t, "remove") {
		value = nil
	}
	want := present == (old != nil) && bytes.Equal(old, e.value)
	swapped, err := c.cache.CompareAndSet(c.Context(), key, old, value, ttl)
	if err != nil || swapped != want {
		t.Fatalf("CompareAndSet(%q, %q, %q) = %v, %v; want %v", key, old, value, swapped, err, want)
	}
	switch {
	case want && value == nil:
		c.model.remove(key)
	case want:
		c.model.put(modelEntry{key, value, c.model.ends(ttl)})
	}
}

func (c *cacheMachine) increment(t *rapid.T) {
	key, ttl := someKey.Draw(t, "key"), someTTL.Draw(t, "ttl")
	delta := rapid.Int64().Draw(t, "delta")
	got, err := c.cache.Increment(c.Context(), key, delta, ttl, "")
	e, present := c.model.find(key)
	if !present {
		e = modelEntry{key, []byte("0"), c.model.ends(ttl)}
	}
	n, bad := strconv.ParseInt(string(e.value), 10, 64)
	sum := n + delta
	if bad != nil || (delta > 0 && sum < n) || (delta < 0 && sum > n) {
		if !errors.Is(err, contract.ErrInvalid) {
			t.Fatalf("Increment of %q by %d = %d, %v; want ErrInvalid", e.value, delta, got, err)
		}
		return
	}
	e.value = []byte(strconv.FormatInt(sum, 10))
	c.model.put(e)
	if err != nil || got != sum {
		t.Fatalf("Increment = %d, %v; want %d", got, err, sum)
	}
}

func (c *cacheMachine) touch(t *rapid.T) {
	key, ttl := someKey.Draw(t, "key"), someTTL.Draw(t, "ttl")
	existed, err := c.cache.Touch(c.Context(), key, ttl)
	e, want := c.model.find(key)
	if want {
		e.ends = c.model.ends(ttl)
		c.model.put(e)
	}
	if err != nil || existed != want {
		t.Fatalf("Touch = %v, %v; want %v", existed, err, want)
	}
}

func (c *cacheMachine) ttl(t *rapid.T) {
	key := someKey.Draw(t, "key")
	got, err := c.cache.TTL(c.Context(), key)
	e, present := c.model.find(key)
	want := e.ends - c.model.now
	if e.ends == never {
		want = contract.NoExpiry
	}
	if present && (err != nil || got != want) || !present && !errors.Is(err, contract.ErrNotFound) {
		t.Fatalf("TTL = %v, %v; want %v, %v", got, err, want, present)
	}
}

func (c *cacheMachine) sweep(*rapid.T) {
	c.cache.removeExpired()
	c.model.entries = slices.DeleteFunc(c.model.entries, func(e modelEntry) bool { return e.ends <= c.model.now })
}

func (c *cacheMachine) dropPrefix(t *rapid.T) {
	prefix := rapid.SampledFrom([]string{"a:", "b", "c", "zzz"}).Draw(t, "prefix")
	var want int64
	for _, e := range slices.Clone(c.model.entries) {
		if strings.HasPrefix(e.key, prefix) {
			if _, present := c.model.find(e.key); present {
				want++
			}
			c.model.remove(e.key)
		}
	}
	got, err := c.cache.DeletePrefix(c.Context(), prefix)
	if err != nil || got != want {
		t.Fatalf("DeletePrefix = %d, %v; want %d", got, err, want)
	}
}

// handOver replaces the cache by a successor, which gets only what is in its time.
func (c *cacheMachine) handOver(t *rapid.T) {
	next := c.fresh()
	if err := c.cache.Export(c.Context(), func(chunk []byte) error { return next.Import(c.Context(), chunk) }); err != nil {
		t.Fatal(err)
	}
	c.cache = next
	c.model.entries = slices.DeleteFunc(c.model.entries, func(e modelEntry) bool { return e.ends <= c.model.now })
}
