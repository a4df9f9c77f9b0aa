package plugintest

import (
	"errors"
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

var cacheBatcher = []cacheCase{
	{name: "many keys are read in their order, each with its own answer", run: batched(getMany)},
	{name: "many entries are stored, each with its own answer", run: batched(setMany)},
	{name: "an entry set twice in one go has the later value", run: batched(func(b *cacheBench, c contract.CacheBatcher) {
		entry := func(v string) contract.CacheEntry {
			return contract.CacheEntry{Key: b.key("k"), Value: []byte(v), Options: contract.SetOptions{TTL: long}}
		}
		b.storesMany(c, []contract.CacheEntry{entry("1"), entry("2"), entry("3")}, true, true, true)
		b.holds("k", "3")
	})},
	{name: "no keys and no entries are no error", run: batched(func(b *cacheBench, c contract.CacheBatcher) {
		values, errs := c.GetMany(b.Context(), nil)
		wantSame(b.T, "values and errors", len(values)+len(errs), 0)
		stored, errs := c.SetMany(b.Context(), nil)
		wantSame(b.T, "answers and errors", len(stored)+len(errs), 0)
	})},
	{name: "many entries obey their times", run: batched(func(b *cacheBench, c contract.CacheBatcher) {
		b.storesMany(c, []contract.CacheEntry{
			{Key: b.key("ends"), Value: []byte("v"), Options: contract.SetOptions{TTL: brief}},
			{Key: b.key("stays"), Value: []byte("v"), Options: contract.SetOptions{TTL: long}},
		}, true, true)
		b.expires("ends", brief)
		b.holds("stays", "v")
		_, errs := c.GetMany(b.Context(), []string{b.key("ends"), b.key("stays")})
		wantErr(b.T, "GetMany past the time", errs[0], contract.ErrNotFound)
	})},
	{name: "the cache keeps no hold of many entries, and many values belong to the caller", run: batched(manyOwned)},
	{name: "a thousand keys are read and stored in one go", run: batched(thousand)},
}

// batched leaves a case out for caches without CacheBatcher, which has no capability.
func batched(run func(*cacheBench, contract.CacheBatcher)) func(*cacheBench) {
	return func(b *cacheBench) {
		c, ok := b.cache.(contract.CacheBatcher)
		if !ok {
			b.Log("left out: the driver has no CacheBatcher")
			return
		}
		run(b, c)
	}
}

func (b *cacheBench) storesMany(c contract.CacheBatcher, entries []contract.CacheEntry, want ...bool) {
	b.Helper()
	stored, errs := c.SetMany(b.Context(), entries)
	wantNil(b.T, "SetMany", errors.Join(errs...))
	wantSame(b.T, "answers of SetMany", len(stored), len(want))
	wantSame(b.T, "errors of SetMany", len(errs), len(want))
	wantSame(b.T, "stored", fmt.Sprint(stored), fmt.Sprint(want))
}

func getMany(b *cacheBench, c contract.CacheBatcher) {
	b.set("1", "one", long)
	b.set("3", "", long)
	keys := []string{b.key("3"), b.key("2"), b.key("1"), b.key("1")}
	values, errs := c.GetMany(b.Context(), keys)
	wantSame(b.T, "values", len(values), 4)
	wantSame(b.T, "errors", len(errs), 4)
	wantNil(b.T, "GetMany", errors.Join(errs[0], errs[2], errs[3]))
	wantErr(b.T, "GetMany of an absent key", errs[1], contract.ErrNotFound)
	if values[1] != nil {
		b.Fatalf("GetMany of an absent key: got %q", values[1])
	}
	wantSame(b.T, "values", fmt.Sprintf("%s|%s|%s", values[0], values[2], values[3]), "|one|one")
}

func setMany(b *cacheBench, c contract.CacheBatcher) {
	b.set("taken", "v", long)
	b.storesMany(c, []contract.CacheEntry{
		{Key: b.key("a"), Value: []byte("1"), Options: contract.SetOptions{TTL: long}},
		{Key: b.key("taken"), Value: []byte("2"), Options: contract.SetOptions{TTL: long, IfAbsent: true}},
		{Key: b.key("free"), Value: []byte("3"), Options: contract.SetOptions{TTL: long, IfAbsent: true}},
	}, true, false, true)
	b.holds("a", "1")
	b.holds("taken", "v")
	b.holds("free", "3")
}

func manyOwned(b *cacheBench, c contract.CacheBatcher) {
	entries := []contract.CacheEntry{{Key: b.key("k"), Value: []byte("value"), Options: contract.SetOptions{TTL: long}}}
	b.storesMany(c, entries, true)
	copy(entries[0].Value, "XXXXX")
	entries[0] = contract.CacheEntry{}
	b.holds("k", "value")
	keys := []string{b.key("k")}
	values, errs := c.GetMany(b.Context(), keys)
	wantNil(b.T, "GetMany", errors.Join(errs...))
	copy(values[0], "XXXXX")
	b.holds("k", "value")
}

func thousand(b *cacheBench, c contract.CacheBatcher) {
	keys := make([]string, 1000)
	entries := make([]contract.CacheEntry, len(keys))
	for i := range keys {
		keys[i] = b.key(fmt.Sprint(i))
		entries[i] = contract.CacheEntry{Key: keys[i], Value: noise(uint64(i), i), Options: contract.SetOptions{TTL: long}}
	}
	_, errs := c.SetMany(b.Context(), entries)
	wantNil(b.T, "SetMany", errors.Join(errs...))
	values, errs := c.GetMany(b.Context(), keys)
	wantNil(b.T, "GetMany", errors.Join(errs...))
	for i, v := range values {
		wantSame(b.T, "value", string(v), string(noise(uint64(i), i)))
	}
}
