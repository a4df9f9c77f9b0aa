package plugintest

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var cacheSwapper = []cacheCase{
	{name: "a swap takes place when the value is the old one", needs: contract.CapCacheCAS, run: func(b *cacheBench) {
		b.set("k", "old", long)
		b.swaps("k", []byte("old"), []byte("new"), long, true)
		b.holds("k", "new")
	}},
	{name: "a swap against another value changes nothing", needs: contract.CapCacheCAS, run: func(b *cacheBench) {
		b.set("k", "other", long)
		for _, old := range []string{"old", "othe", "other ", "OTHER", ""} {
			b.swaps("k", []byte(old), []byte("new"), long, false)
			b.swaps("k", []byte(old), nil, long, false)
		}
		b.swaps("k", nil, []byte("new"), long, false)
		b.holds("k", "other")
	}},
	{name: "a swap that does not take place leaves the time alone", needs: contract.CapCacheCAS, run: func(b *cacheBench) {
		b.set("k", "v", brief)
		b.swaps("k", []byte("w"), []byte("new"), long, false)
		b.expires("k", brief)
	}},
	{name: "an old value of nil means an absent key", needs: contract.CapCacheCAS, run: func(b *cacheBench) {
		b.swaps("k", nil, []byte("new"), long, true)
		b.holds("k", "new")
		b.swaps("k", nil, []byte("newer"), long, false)
		b.holds("k", "new")
	}},
	{name: "an absent key equals no old value", needs: contract.CapCacheCAS, run: func(b *cacheBench) {
		b.swaps("k", []byte("old"), []byte("new"), long, false)
		b.swaps("k", []byte{}, []byte("new"), long, false)
		b.lacksKey("k")
	}},
	{name: "an empty value is not an absent one", needs: contract.CapCacheCAS, run: func(b *cacheBench) {
		b.set("k", "", long)
		b.swaps("k", nil, []byte("new"), long, false)
		b.swaps("k", []byte{}, []byte("new"), long, true)
		b.swaps("k", []byte("new"), []byte{}, long, true)
		b.holds("k", "")
	}},
	{name: "a new value of nil deletes the key", needs: contract.CapCacheCAS, run: func(b *cacheBench) {
		b.set("k", "old", long)
		b.swaps("k", []byte("old"), nil, long, true)
		b.lacksKey("k")
	}},
	{name: "a swap sets the time", needs: contract.CapCacheCAS, run: func(b *cacheBench) {
		b.set("k", "old", long)
		b.swaps("k", []byte("old"), []byte("new"), brief, true)
		b.expires("k", brief)
	}},
	{name: "a swap takes a key past its time for absent", needs: contract.CapCacheCAS, run: func(b *cacheBench) {
		b.set("k", "old", brief)
		b.expires("k", brief)
		b.swaps("k", []byte("old"), []byte("new"), long, false)
		b.swaps("k", nil, []byte("new"), long, true)
	}},
	{name: "a swap keeps no hold of its arguments", needs: contract.CapCacheCAS, run: func(b *cacheBench) {
		b.set("k", "old", long)
		old, value := []byte("old"), []byte("new")
		b.swaps("k", old, value, long, true)
		wantSame(b.T, "the caller's slices", string(old)+string(value), "oldnew")
		copy(value, "XXX")
		b.holds("k", "new")
	}},
	{name: "a swap has one winner among 64", needs: contract.CapCacheCAS, run: swapRace},
	{name: "64 callers who swap until they succeed lose no step", needs: contract.CapCacheCAS, run: swapCount},
	{name: "without the ability to swap, CompareAndSet is refused and changes nothing", lacks: contract.CapCacheCAS, run: func(b *cacheBench) {
		c, ok := refused[contract.CacheSwapper](&b.bench, b.cache, contract.CapCacheCAS)
		if !ok {
			return
		}
		b.set("k", "old", long)
		_, err := c.CompareAndSet(b.Context(), b.key("k"), []byte("old"), []byte("new"), long)
		wantErr(b.T, "CompareAndSet", err, contract.ErrUnsupported)
		b.holds("k", "old")
	}},
}

func (b *cacheBench) swap(name string, old, value []byte, ttl time.Duration) (bool, error) {
	b.Helper()
	c := ability[contract.CacheSwapper](&b.bench, b.cache, contract.CapCacheCAS)
	return c.CompareAndSet(b.Context(), b.key(name), old, value, ttl)
}

func (b *cacheBench) swaps(name string, old, value []byte, ttl time.Duration, want bool) {
	b.Helper()
	done, err := b.swap(name, old, value, ttl)
	wantNil(b.T, "CompareAndSet "+name, err)
	wantSame(b.T, "CompareAndSet "+name+" did", done, want)
}

func swapRace(b *cacheBench) {
	for range 20 {
		name := unique("race")
		b.set(name, "old", long)
		var winners atomic.Int64
		crowd(64, func(i int) {
			done, err := b.swap(name, []byte("old"), []byte(strconv.Itoa(i)), long)
			if err != nil {
				b.Errorf("CompareAndSet: %v", err)
			}
			if done {
				winners.Add(1)
			}
		})
		wantSame(b.T, "winners", winners.Load(), 1)
	}
}

func swapCount(b *cacheBench) {
	const callers = 64
	b.set("n", "0", long)
	crowd(callers, func(int) {
		for done := false; !done; {
			old, err := b.cache.Get(b.Context(), b.key("n"))
			if err != nil {
				b.Errorf("Get: %v", err)
				return
			}
			n, _ := strconv.Atoi(string(old))
			if done, err = b.swap("n", old, []byte(strconv.Itoa(n+1)), long); err != nil {
				b.Errorf("CompareAndSet: %v", err)
				return
			}
		}
	})
	b.holds("n", strconv.Itoa(callers))
}
