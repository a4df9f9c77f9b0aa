package plugintest

import (
	"errors"
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

var cacheShared = []cacheCase{
	{name: "a call whose context has ended returns, and never says that a key is absent", run: cacheCancelled},
	{name: "callers at the same time do not see each other's values", run: cacheTogether},
	{name: "readers of a key that is written see whole values only", run: cacheWhole},
}

func cacheCancelled(b *cacheBench) {
	b.set("k", "v", long)
	ctx := over(b.T)
	err := promptly(b.T, "Get", func() error { _, err := b.cache.Get(ctx, b.key("k")); return err })
	wantKnown(b.T, "Get", err)
	if errors.Is(err, contract.ErrNotFound) {
		b.Fatal("Get of an existing key says not found because its context has ended")
	}
	for range 10 {
		err = promptly(b.T, "Set", func() error {
			_, err := b.cache.Set(ctx, b.key("other"), []byte("v"), contract.SetOptions{TTL: long})
			return err
		})
		wantKnown(b.T, "Set", err)
		err = promptly(b.T, "Delete", func() error { _, err := b.cache.Delete(ctx, b.key("nothing")); return err })
		wantKnown(b.T, "Delete", err)
	}
	b.holds("k", "v")
	b.set("k", "w", long)
	b.holds("k", "w")
}

func cacheTogether(b *cacheBench) {
	crowd(16, func(i int) {
		key := b.key(fmt.Sprint("own", i))
		for n := range 100 {
			want := fmt.Sprint(i, "/", n)
			if _, err := b.cache.Set(b.Context(), key, []byte(want), contract.SetOptions{TTL: long}); err != nil {
				b.Errorf("Set: %v", err)
				return
			}
			got, err := b.cache.Get(b.Context(), key)
			if err != nil || string(got) != want {
				b.Errorf("Get: got %q, %v, want %q", got, err, want)
				return
			}
			if existed, err := b.cache.Delete(b.Context(), key); err != nil || !existed {
				b.Errorf("Delete: got %v, %v, want true", existed, err)
				return
			}
		}
	})
}

func cacheWhole(b *cacheBench) {
	b.set("k", whole(0), long)
	crowd(8, func(i int) {
		for n := range 50 {
			if i%2 == 0 {
				value := []byte(whole(byte(n)))
				if _, err := b.cache.Set(b.Context(), b.key("k"), value, contract.SetOptions{TTL: long}); err != nil {
					b.Errorf("Set: %v", err)
				}
				clear(value)
				continue
			}
			got, err := b.cache.Get(b.Context(), b.key("k"))
			if err != nil || len(got) != 4096 || string(got) != whole(got[0]-1) {
				b.Errorf("Get: %d bytes, %v: not a value that was set", len(got), err)
			}
		}
	})
}

// whole returns a value of which every part tells what the rest must be.
func whole(fill byte) string {
	v := make([]byte, 4096)
	for i := range v {
		v[i] = fill + 1
	}
	return string(v)
}
