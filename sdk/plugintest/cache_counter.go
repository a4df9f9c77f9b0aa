package plugintest

import (
	"slices"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var cacheCounter = []cacheCase{
	{name: "a counter begins at 0", needs: contract.CapCacheIncr, run: func(b *cacheBench) {
		b.counts("n", 5, long, "", 5)
		b.counts("n", 2, long, "", 7)
		b.counts("n", -10, long, "", -3)
	}},
	{name: "a counter is a decimal number for Get and Set", needs: contract.CapCacheIncr, run: func(b *cacheBench) {
		b.counts("n", 41, long, "", 41)
		b.holds("n", "41")
		b.set("n", "-7", long)
		b.counts("n", 1, long, "", -6)
		b.holds("n", "-6")
	}},
	{name: "a counter holds 64 bits", needs: contract.CapCacheIncr, run: func(b *cacheBench) {
		b.counts("n", 1<<62, long, "", 1<<62)
		b.counts("n", 1<<62-1, long, "", 1<<63-1)
		b.counts("m", -1<<63, long, "", -1<<63)
	}},
	{name: "a value that is no number is invalid to count, and stays", needs: contract.CapCacheIncr, run: func(b *cacheBench) {
		for _, text := range []string{"seven", "1.5", "", "0x10"} {
			b.set("k", text, long)
			_, err := b.increment("k", 1, long, "")
			wantErr(b.T, "Increment of "+text, err, contract.ErrInvalid)
			b.holds("k", text)
		}
	}},
	{name: "a new counter gets the time", needs: contract.CapCacheIncr, run: func(b *cacheBench) {
		b.counts("n", 1, brief, "", 1)
		b.expires("n", brief)
	}},
	{name: "a new counter may live for ever", needs: contract.CapCacheIncr, run: func(b *cacheBench) {
		b.counts("n", 1, contract.NoExpiry, "", 1)
		b.outlives("n", 100*time.Hour)
	}},
	{name: "an existing counter keeps its time", needs: contract.CapCacheIncr, run: func(b *cacheBench) {
		b.counts("n", 1, roomy, "", 1)
		b.counts("n", 1, long, "", 2)
		b.expires("n", roomy)
	}},
	{name: "a counter past its time begins at 0 with a new time", needs: contract.CapCacheIncr, run: func(b *cacheBench) {
		b.counts("n", 9, brief, "", 9)
		b.expires("n", brief)
		b.counts("n", 1, brief, "", 1)
		b.expires("n", brief)
	}},
	{name: "64 callers count every one of their calls", needs: contract.CapCacheIncr, run: countTogether},
	{name: "calls with one id count once", needs: contract.CapCacheIncr, run: countOnce},
	{name: "64 callers with one id count once", needs: contract.CapCacheIncr, run: countOnceTogether},
	{name: "without the ability to count, Increment is refused and changes nothing", lacks: contract.CapCacheIncr, run: func(b *cacheBench) {
		c, ok := refused[contract.CacheCounter](&b.bench, b.cache, contract.CapCacheIncr)
		if !ok {
			return
		}
		b.set("n", "1", long)
		_, err := c.Increment(b.Context(), b.key("n"), 1, long, "")
		wantErr(b.T, "Increment", err, contract.ErrUnsupported)
		b.holds("n", "1")
		_, err = c.Increment(b.Context(), b.key("absent"), 1, long, "")
		wantErr(b.T, "Increment", err, contract.ErrUnsupported)
		b.lacksKey("absent")
	}},
}

func (b *cacheBench) increment(name string, delta int64, ttl time.Duration, id string) (int64, error) {
	b.Helper()
	c := ability[contract.CacheCounter](&b.bench, b.cache, contract.CapCacheIncr)
	return c.Increment(b.Context(), b.key(name), delta, ttl, id)
}

func (b *cacheBench) counts(name string, delta int64, ttl time.Duration, id string, want int64) {
	b.Helper()
	got, err := b.increment(name, delta, ttl, id)
	wantNil(b.T, "Increment "+name, err)
	wantSame(b.T, "Increment "+name, got, want)
}

// countTogether expects the new values of all calls to be 1 to their number,
// each once: a caller which reads and then writes loses some.
func countTogether(b *cacheBench) {
	const callers, calls = 64, 20
	var (
		mu  sync.Mutex
		got []int64
	)
	crowd(callers, func(int) {
		for range calls {
			n, err := b.increment("n", 1, long, "")
			if err != nil {
				b.Errorf("Increment: %v", err)
				return
			}
			mu.Lock()
			got = append(got, n)
			mu.Unlock()
		}
	})
	slices.Sort(got)
	for i, n := range got {
		if n != int64(i+1) {
			b.Fatalf("of %d calls the %dth value is %d: not every call counted by itself", len(got), i+1, n)
		}
	}
	b.counts("n", 0, long, "", callers*calls)
}

func countOnce(b *cacheBench) {
	id := unique("id")
	b.counts("n", 5, long, id, 5)
	b.counts("n", 5, long, id, 5)
	b.pass(50 * time.Second)
	b.counts("n", 5, long, id, 5)
	b.holds("n", "5")
	b.counts("n", 5, long, unique("id"), 10)
	b.counts("n", 5, long, "", 15)
	b.counts("n", 5, long, "", 20)
}

func countOnceTogether(b *cacheBench) {
	id := unique("id")
	crowd(64, func(int) {
		if n, err := b.increment("n", 1, long, id); err != nil || n != 1 {
			b.Errorf("Increment: got %d, %v, want 1", n, err)
		}
	})
	b.holds("n", "1")
}
