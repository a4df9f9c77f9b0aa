package metrics

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// fakeCache has only what every cache has. The key says how an operation ends.
type fakeCache struct{}

func answer(key string) error {
	switch key {
	case "absent":
		return contract.ErrNotFound
	case "away":
		return contract.ErrUnavailable
	}
	return nil
}

func (*fakeCache) Get(_ context.Context, key string) ([]byte, error) {
	return []byte("value"), answer(key)
}

func (*fakeCache) Set(_ context.Context, key string, _ []byte, o contract.SetOptions) (bool, error) {
	return !o.IfAbsent, answer(key)
}

func (*fakeCache) Delete(_ context.Context, key string) (bool, error) {
	return key != "gone", answer(key)
}

// ableCache has every ability.
type ableCache struct{ fakeCache }

func (*ableCache) Increment(_ context.Context, key string, delta int64, _ time.Duration, _ string) (int64, error) {
	return delta, answer(key)
}

func (*ableCache) CompareAndSet(_ context.Context, key string, _, _ []byte, _ time.Duration) (bool, error) {
	return key != "other", answer(key)
}

func (*ableCache) Touch(_ context.Context, key string, _ time.Duration) (bool, error) {
	return key != "gone", answer(key)
}

func (*ableCache) TTL(_ context.Context, key string) (time.Duration, error) {
	return time.Second, answer(key)
}

func (*ableCache) Scan(_ context.Context, prefix, _ string, _ int) ([]string, string, error) {
	return []string{"k"}, "", answer(prefix)
}

func (*ableCache) DeletePrefix(_ context.Context, prefix string) (int64, error) {
	return 3, answer(prefix)
}

func (c *ableCache) GetMany(ctx context.Context, keys []string) ([][]byte, []error) {
	values, errs := make([][]byte, len(keys)), make([]error, len(keys))
	for i, key := range keys {
		values[i], errs[i] = c.Get(ctx, key)
	}
	return values, errs
}

func (c *ableCache) SetMany(ctx context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	done, errs := make([]bool, len(entries)), make([]error, len(entries))
	for i, e := range entries {
		done[i], errs[i] = c.Set(ctx, e.Key, e.Value, e.Options)
	}
	return done, errs
}

const (
	headHits   = "# HELP jf_cache_hits_total Look-ups in the cache that found something.\n# TYPE jf_cache_hits_total counter\n"
	headMisses = "# HELP jf_cache_misses_total Look-ups in the cache that found nothing.\n# TYPE jf_cache_misses_total counter\n"
	headOps    = "# HELP jf_cache_operations_total Operations of the cache.\n# TYPE jf_cache_operations_total counter\n"
)

func TestCacheIsCounted(t *testing.T) {
	for name, inner := range map[string]contract.Cache{"plain": &fakeCache{}, "able": &ableCache{}} {
		t.Run(name, func(t *testing.T) {
			r := newTest()
			c := r.Cache("memory", inner)
			ctx := t.Context()
			for _, key := range []string{"k", "k", "absent", "away"} {
				_, _ = c.Get(ctx, key)
			}
			_, errs := c.GetMany(ctx, []string{"k", "absent"})
			if errs[0] != nil || !errors.Is(errs[1], contract.ErrNotFound) {
				t.Errorf("errors %v", errs)
			}
			_, _ = c.Set(ctx, "k", nil, contract.SetOptions{})
			done, _ := c.SetMany(ctx, []contract.CacheEntry{{Key: "k"}, {Key: "k", Options: contract.SetOptions{IfAbsent: true}}})
			if !done[0] || done[1] {
				t.Errorf("done %v", done)
			}
			_, _ = c.Delete(ctx, "gone")
			checkSeries(t, r, headHits+"jf_cache_hits_total{driver=\"memory\"} 3\n"+headMisses+"jf_cache_misses_total{driver=\"memory\"} 2\n"+headOps+`
jf_cache_operations_total{driver="memory",op="delete",result="miss"} 1
jf_cache_operations_total{driver="memory",op="get",result="error"} 1
jf_cache_operations_total{driver="memory",op="get",result="miss"} 2
jf_cache_operations_total{driver="memory",op="get",result="ok"} 3
jf_cache_operations_total{driver="memory",op="set",result="ok"} 2
jf_cache_operations_total{driver="memory",op="set",result="refused"} 1
`, "cache_hits_total", "cache_misses_total", "cache_operations_total")
		})
	}
}

// abilities calls every optional ability once and returns the errors.
func abilities(ctx context.Context, c *CountedCache) []error {
	_, increment := c.Increment(ctx, "k", 1, 0, "")
	_, swap := c.CompareAndSet(ctx, "other", nil, nil, 0)
	_, touch := c.Touch(ctx, "gone", 0)
	_, ttl := c.TTL(ctx, "absent")
	_, _, scan := c.Scan(ctx, "k", "", 1)
	_, remove := c.DeletePrefix(ctx, "away")
	return []error{increment, swap, touch, ttl, scan, remove}
}

func TestAbilitiesThatTheCacheLacks(t *testing.T) {
	r := newTest()
	for i, err := range abilities(t.Context(), r.Cache("memory", &fakeCache{})) {
		if !errors.Is(err, contract.ErrUnsupported) {
			t.Errorf("ability %d: %v", i, err)
		}
	}
	checkSeries(t, r, "", "cache_operations_total")
}

func TestAbilitiesThatTheCacheHas(t *testing.T) {
	r := newTest()
	abilities(t.Context(), r.Cache("redis", &ableCache{}))
	checkSeries(t, r, headOps+`
jf_cache_operations_total{driver="redis",op="compare_and_set",result="refused"} 1
jf_cache_operations_total{driver="redis",op="delete_prefix",result="error"} 1
jf_cache_operations_total{driver="redis",op="increment",result="ok"} 1
jf_cache_operations_total{driver="redis",op="scan",result="ok"} 1
jf_cache_operations_total{driver="redis",op="touch",result="miss"} 1
jf_cache_operations_total{driver="redis",op="ttl",result="miss"} 1
`, "cache_operations_total")
}
