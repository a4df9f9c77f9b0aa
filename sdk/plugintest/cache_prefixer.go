package plugintest

import (
	"fmt"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

var cachePrefixer = []cacheCase{
	{name: "a scan returns the keys with the prefix and no others", needs: contract.CapCachePrefix, run: scanOnly},
	{name: "a scan of 10 000 keys by pages returns every one", needs: contract.CapCachePrefix, run: scanMany},
	{name: "a scan returns every key that stays while others come and go", needs: contract.CapCachePrefix, run: scanAmidChange},
	{name: "a scan of a prefix that no key has ends with nothing", needs: contract.CapCachePrefix, run: func(b *cacheBench) {
		wantSame(b.T, "keys", len(b.scan("nothing", 10)), 0)
	}},
	{name: "a scan does not return deleted keys, nor keys past their time", needs: contract.CapCachePrefix, run: func(b *cacheBench) {
		b.set("s:stays", "v", long)
		b.set("s:deleted", "v", long)
		b.set("s:ends", "v", brief)
		b.delete("s:deleted", true)
		b.expires("s:ends", brief)
		b.scans("s:", "s:stays")
	}},
	{name: "characters of a prefix mean themselves", needs: contract.CapCachePrefix, run: func(b *cacheBench) {
		for _, p := range []string{"p*", "p?", "p[a-z]", "p%", "p_", `p\`, "p^", "p.", "p{x}"} {
			b.set(p+"1", "v", long)
			b.set("pq1", "v", long)
			b.scans(p, p+"1")
			b.drops(p, 1)
			b.holds("pq1", "v")
		}
	}},
	{name: "dropping a prefix removes its keys only, and counts them", needs: contract.CapCachePrefix, run: func(b *cacheBench) {
		for i := range 300 {
			b.set(fmt.Sprint("d:", i), "v", long)
		}
		b.set("d", "v", long)
		b.set("e:1", "v", long)
		b.drops("d:", 300)
		b.drops("d:", 0)
		b.holds("d", "v")
		b.holds("e:1", "v")
		wantSame(b.T, "keys left", len(b.scan("d:", 100)), 0)
	}},
	{name: "dropping an empty prefix is invalid and removes nothing", needs: contract.CapCachePrefix, run: func(b *cacheBench) {
		b.set("k", "v", long)
		_, err := b.prefixer().DeletePrefix(b.Context(), "")
		wantErr(b.T, "DeletePrefix", err, contract.ErrInvalid)
		b.holds("k", "v")
	}},
	{name: "without the ability of prefixes, Scan and DeletePrefix are refused and change nothing", lacks: contract.CapCachePrefix, run: func(b *cacheBench) {
		c, ok := refused[contract.CachePrefixer](&b.bench, b.cache, contract.CapCachePrefix)
		if !ok {
			return
		}
		b.set("k", "v", long)
		_, _, err := c.Scan(b.Context(), b.prefix, "", 10)
		wantErr(b.T, "Scan", err, contract.ErrUnsupported)
		_, err = c.DeletePrefix(b.Context(), b.prefix)
		wantErr(b.T, "DeletePrefix", err, contract.ErrUnsupported)
		b.holds("k", "v")
	}},
}

func (b *cacheBench) prefixer() contract.CachePrefixer {
	b.Helper()
	return ability[contract.CachePrefixer](&b.bench, b.cache, contract.CapCachePrefix)
}

// scan reads all pages and returns how often each name was seen.
func (b *cacheBench) scan(prefix string, limit int) map[string]int {
	b.Helper()
	return b.scanWith(prefix, limit, func() {})
}

// scanWith is scan with something happening after each page.
func (b *cacheBench) scanWith(prefix string, limit int, between func()) map[string]int {
	b.Helper()
	seen := map[string]int{}
	cursor := ""
	for range 100_000 {
		keys, next, err := b.prefixer().Scan(b.Context(), b.key(prefix), cursor, limit)
		wantNil(b.T, "Scan "+prefix, err)
		if len(keys) > limit {
			b.Fatalf("Scan with limit %d returned %d keys", limit, len(keys))
		}
		for _, k := range keys {
			if !strings.HasPrefix(k, b.key(prefix)) {
				b.Fatalf("Scan of %q returned %q", b.key(prefix), k)
			}
			seen[strings.TrimPrefix(k, b.prefix)]++
		}
		if next == "" {
			return seen
		}
		cursor = next
		between()
	}
	b.Fatal("Scan does not end")
	return nil
}

func (b *cacheBench) scans(prefix string, want ...string) {
	b.Helper()
	seen := b.scan(prefix, 100)
	for _, w := range want {
		if seen[w] == 0 {
			b.Fatalf("Scan of %q does not return %q", prefix, w)
		}
	}
	if len(seen) != len(want) {
		b.Fatalf("Scan of %q returned %v, want %q", prefix, seen, want)
	}
}

func (b *cacheBench) drops(prefix string, want int64) {
	b.Helper()
	n, err := b.prefixer().DeletePrefix(b.Context(), b.key(prefix))
	wantNil(b.T, "DeletePrefix "+prefix, err)
	wantSame(b.T, "DeletePrefix "+prefix, n, want)
}

func scanOnly(b *cacheBench) {
	for _, n := range []string{"a:1", "a:2", "a:", "a", "b:1", "A:1", "x:a:1"} {
		b.set(n, "v", long)
	}
	b.scans("a:", "a:1", "a:2", "a:")
	b.scans("b", "b:1")
}

func scanMany(b *cacheBench) {
	const many = 10_000
	crowd(8, func(i int) {
		for n := i; n < many; n += 8 {
			_, err := b.cache.Set(b.Context(), b.key(fmt.Sprint("s:", n)), []byte("v"), contract.SetOptions{TTL: long})
			if err != nil {
				b.Errorf("Set: %v", err)
				return
			}
		}
	})
	for _, limit := range []int{1000, 313} {
		seen := b.scan("s:", limit)
		for n := range many {
			if seen[fmt.Sprint("s:", n)] == 0 {
				b.Fatalf("limit %d: key %d of %d is missing", limit, n, many)
			}
		}
		wantSame(b.T, "different keys", len(seen), many)
	}
	b.drops("s:", many)
}

func scanAmidChange(b *cacheBench) {
	for n := range 500 {
		b.set(fmt.Sprint("s:stays", n), "v", long)
		b.set(fmt.Sprint("s:goes", n), "v", long)
	}
	round := 0
	seen := b.scanWith("s:", 50, func() {
		for n := range 10 {
			_, _ = b.cache.Delete(b.Context(), b.key(fmt.Sprint("s:goes", round*10+n)))
			b.set(fmt.Sprint("s:comes", round, "-", n), "v", long)
		}
		if round < 49 {
			round++
		}
	})
	for n := range 500 {
		if seen[fmt.Sprint("s:stays", n)] == 0 {
			b.Fatalf("the scan missed s:stays%d, which existed all the time", n)
		}
	}
}
