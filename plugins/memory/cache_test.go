package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/cacherules"
	"github.com/jackfield/jackfield/sdk/contract"
)

func set(t *testing.T, c *cache, key, value string) {
	t.Helper()
	if _, err := c.Set(t.Context(), key, []byte(value), contract.SetOptions{}); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, c *cache, key string) bool {
	t.Helper()
	_, err := c.Get(t.Context(), key)
	if err != nil && !errors.Is(err, contract.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// held returns what is in the tables, past its time or not.
func held(c *cache) (entries int, bytes int64, ids int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lru.len(), c.lru.bytes, c.once.order.len()
}

func TestTheLeastRecentlyUsedEntryMakesPlace(t *testing.T) {
	c := newCache(t, func(o *cacheOptions) { o.MaxCapacity = 3 })
	for _, key := range []string{"a", "b", "c"} {
		set(t, c, key, "v")
	}
	holds(t, c, "a")   // reading is a use
	set(t, c, "b", "") // writing too
	set(t, c, "d", "v")
	got := map[string]bool{}
	for _, key := range []string{"a", "b", "c", "d"} {
		got[key] = holds(t, c, key)
	}
	if diff := cmp.Diff(map[string]bool{"a": true, "b": true, "c": false, "d": true}, got); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

func TestCacheMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, func(o *cacheOptions) { o.MaxCapacity, o.TTL = 2, 10 })
		set(t, c, "a", "12345")
		set(t, c, "b", "12345")
		set(t, c, "c", "12345")
		holds(t, c, "a")
		holds(t, c, "b")
		<-time.After(10 * time.Second)
		holds(t, c, "c")
		got := map[string]float64{}
		for _, s := range c.Metrics() {
			got[s.Name] = s.Value
		}
		want := map[string]float64{
			"cache_hits_total": 1, "cache_misses_total": 2, "cache_operations_total": 6, "cache_evictions_total": 1,
			"cache_expirations_total": 1, "cache_entries": 1, "cache_memory_usage_bytes": 6,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("metrics (-want +got):\n%s", diff)
		}
	})
}

func TestExpiredEntriesAreSweptOutAtTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, func(o *cacheOptions) { o.TTL, o.CleanupInterval, o.MaxCapacity = 5, 60, 10_000 })
		for i := range 2*stride + 10 {
			set(t, c, fmt.Sprint(i), "v")
		}
		if _, err := c.Increment(t.Context(), "n", 1, time.Hour, "id"); err != nil {
			t.Fatal(err)
		}
		<-time.After(59 * time.Second)
		if entries, _, _ := held(c); entries != 2*stride+11 {
			t.Errorf("%d entries before the sweep", entries)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if entries, bytes, ids := held(c); entries != 1 || bytes != 2 || ids != 0 {
			t.Errorf("after the sweep: %d entries, %d bytes, %d ids", entries, bytes, ids)
		}
	})
}

func TestATTLOfZeroMeansNoExpiry(t *testing.T) {
	c := newCache(t, func(o *cacheOptions) { o.TTL, o.CleanupInterval = 0, 0 })
	set(t, c, "k", "v")
	if left, err := c.TTL(t.Context(), "k"); err != nil || left != contract.NoExpiry {
		t.Errorf("TTL = %v, %v", left, err)
	}
	if _, err := c.Touch(t.Context(), "k", 1<<63-1); err != nil {
		t.Fatal(err)
	}
	if left, err := c.TTL(t.Context(), "k"); err != nil || left != contract.NoExpiry {
		t.Errorf("TTL after the longest one = %v, %v", left, err)
	}
}

func TestWrongCacheArgumentsAreInvalid(t *testing.T) {
	c, ctx := newCache(t, func(*cacheOptions) {}), t.Context()
	long := strings.Repeat("k", cacherules.MaxKey+1)
	for what, err := range map[string]error{
		"a long key":        second(c.Set(ctx, long, nil, contract.SetOptions{})),
		"a key not UTF-8":   second(c.Set(ctx, "\xff", nil, contract.SetOptions{})),
		"a large value":     second(c.Set(ctx, "k", make([]byte, cacherules.MaxValue+1), contract.SetOptions{})),
		"a negative TTL":    second(c.Set(ctx, "k", nil, contract.SetOptions{TTL: -2})),
		"a touch of it":     second(c.Touch(ctx, "k", -2)),
		"a swap of it":      second(c.CompareAndSet(ctx, "k", nil, nil, -2)),
		"an increment":      second(c.Increment(ctx, "k", 1, -2, "")),
		"a page of nothing": scanError(c.Scan(ctx, "k", "", 0)),
		"a strange cursor":  scanError(c.Scan(ctx, "k", "0", 1)),
		"another":           scanError(c.Scan(ctx, "k", "x", 1)),
	} {
		if !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", what, err)
		}
	}
	if _, errs := c.SetMany(ctx, []contract.CacheEntry{{Key: long}, {Key: "k"}}); !errors.Is(errs[0], contract.ErrInvalid) || errs[1] != nil {
		t.Errorf("SetMany = %v", errs)
	}
}

func scanError(_ []string, _ string, err error) error { return err }

func TestAnIncrementIsRepeatedForAMinuteOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, func(*cacheOptions) {})
		count := func() int64 {
			n, err := c.Increment(t.Context(), "n", 1, time.Hour, "id")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		got := []int64{count(), count()}
		<-time.After(onceTTL)
		got = append(got, count())
		if diff := cmp.Diff([]int64{1, 1, 2}, got); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

func TestACacheMovesWithItsOrderAndTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, func(*cacheOptions) {})
		next := newCache(t, func(o *cacheOptions) { o.MaxCapacity = 2 })
		value := strings.Repeat("v", 300<<10)
		for _, key := range []string{"a", "b", "c"} {
			set(t, c, key, value)
		}
		holds(t, c, "a")
		if _, err := c.Increment(t.Context(), "b", 1, 0, ""); !errors.Is(err, contract.ErrInvalid) {
			t.Fatal(err)
		}
		if _, err := c.Touch(t.Context(), "c", time.Hour); err != nil {
			t.Fatal(err)
		}
		<-time.After(100 * time.Second)
		chunks := 0
		err := c.Export(t.Context(), func(chunk []byte) error {
			chunks++
			if _, err := c.Set(t.Context(), "a", nil, contract.SetOptions{}); !errors.Is(err, contract.ErrUnavailable) {
				t.Errorf("Set meanwhile: %v", err)
			}
			if !holds(t, c, "a") {
				t.Error("reading does not go on meanwhile")
			}
			return next.Import(t.Context(), chunk)
		})
		if err != nil || chunks < 2 {
			t.Fatalf("Export in %d chunks: %v", chunks, err)
		}
		set(t, c, "a", "")
		left := map[string]time.Duration{}
		for _, key := range []string{"a", "b", "c"} {
			if d, err := next.TTL(t.Context(), key); err == nil {
				left[key] = d
			}
		}
		want := map[string]time.Duration{"a": 200 * time.Second, "c": time.Hour - 100*time.Second}
		if diff := cmp.Diff(want, left); diff != "" {
			t.Errorf("times left (-want +got):\n%s", diff)
		}
	})
}

func TestExportsStopWithTheirContext(t *testing.T) {
	c := newCache(t, func(*cacheOptions) {})
	set(t, c, "k", "v")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Export(ctx, func([]byte) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Export = %v", err)
	}
	set(t, c, "k", "v")
}

func BenchmarkCacheGetSet(b *testing.B) {
	opts := defaults[cacheOptions]()
	c, err := openCache(context.Background(), opts, sdk.Env{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	keys := make([]string, 4096)
	for i := range keys {
		keys[i] = fmt.Sprintf("app:demo:channel:%08d", i)
	}
	value, ctx := make([]byte, 64), b.Context()
	b.ReportAllocs()
	b.SetParallelism(128)
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if key := keys[i%len(keys)]; i%4 == 0 {
				_, _ = c.Set(ctx, key, value, contract.SetOptions{})
			} else {
				_, _ = c.Get(ctx, key)
			}
		}
	})
}
