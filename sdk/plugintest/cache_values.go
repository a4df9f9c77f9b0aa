package plugintest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	mib = 1 << 20
	// nearlyMax is the largest value less what a message needs around it.
	nearlyMax = 16*mib - 64<<10
)

var cacheValues = []cacheCase{
	{name: "a key that nobody set is not found", run: func(b *cacheBench) {
		b.lacksKey("never")
	}},
	{name: "a value that was set is found until it is deleted", run: func(b *cacheBench) {
		b.set("k", "v", long)
		b.holds("k", "v")
		b.holds("k", "v")
		b.delete("k", true)
		b.lacksKey("k")
	}},
	{name: "the latest value counts", run: func(b *cacheBench) {
		b.set("k", "a longer first value", long)
		b.set("k", "second", long)
		b.holds("k", "second")
	}},
	{name: "deleting tells whether the key existed, and an absent key is no error", run: func(b *cacheBench) {
		b.delete("k", false)
		b.set("k", "v", long)
		b.delete("k", true)
		b.delete("k", false)
	}},
	{name: "deleting one key leaves the others", run: func(b *cacheBench) {
		b.set("k", "v", long)
		b.set("k2", "v2", long)
		b.delete("k", true)
		b.holds("k2", "v2")
	}},
	{name: "an empty value is a value", run: func(b *cacheBench) {
		b.set("k", "", long)
		b.holds("k", "")
		b.delete("k", true)
	}},
	{name: "a value is any bytes", run: anyBytes},
	{name: "a value of one MiB comes back whole", run: func(b *cacheBench) { b.roundTrip(mib) }},
	{name: "a value of nearly 16 MiB comes back whole", run: func(b *cacheBench) { b.roundTrip(nearlyMax) }},
	{name: "a value over 16 MiB is kept whole or refused, and the cache goes on", run: tooLarge},
	{name: "keys are any UTF-8 up to 1 KiB and never taken for one another", run: anyKeys},
	{name: "the cache keeps no hold of a value it was given", run: valueGiven},
	{name: "a value that was returned belongs to the caller", run: valueReturned},
	{name: "operations on one key take effect one after the other", run: func(b *cacheBench) {
		for i := range 200 {
			b.set("k", fmt.Sprint(i), long)
			b.holds("k", fmt.Sprint(i))
			b.delete("k", true)
			b.lacksKey("k")
		}
	}},
}

func anyBytes(b *cacheBench) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for i, v := range [][]byte{all, {0}, {0xff, 0xfe}, []byte("\r\n"), []byte("\x00nil\x00"), noise(1, 4096)} {
		name := fmt.Sprint("bytes", i)
		b.set(name, string(v), long)
		b.holds(name, string(v))
	}
}

func (b *cacheBench) roundTrip(size int) {
	want := noise(uint64(size), size)
	stored, err := b.cache.Set(b.Context(), b.key("large"), want, contract.SetOptions{TTL: long})
	wantNil(b.T, "Set", err)
	wantSame(b.T, "stored", stored, true)
	got, err := b.cache.Get(b.Context(), b.key("large"))
	wantNil(b.T, "Get", err)
	if !bytes.Equal(got, want) {
		b.Fatalf("%d bytes were set, %d bytes came back, equal: false", len(want), len(got))
	}
	b.delete("large", true)
}

func tooLarge(b *cacheBench) {
	b.set("k", "before", long)
	large := make([]byte, 17*mib)
	_, err := b.cache.Set(b.Context(), b.key("k"), large, contract.SetOptions{TTL: long})
	if err != nil {
		wantKnown(b.T, "Set of 17 MiB", err)
		b.holds("k", "before")
	} else {
		got, err := b.cache.Get(b.Context(), b.key("k"))
		wantNil(b.T, "Get of 17 MiB", err)
		wantSame(b.T, "length", len(got), len(large))
	}
	b.set("k", "after", long)
	b.holds("k", "after")
}

func anyKeys(b *cacheBench) {
	names := []string{
		"a", "A", "a ", " a", "a:b", "a::b", "a*", "a?", "[a]", "{a}", "a{b}c", `a\b`, `"a"`, "a'b", "a/b", "%61",
		"a\tb", "a\nb", "a\x00b", "é", "e\u0301", "ключ", "鍵", "🔑", "$a", "a,b", "a;b",
		strings.Repeat("k", 1024-len(b.prefix)),
	}
	for _, n := range names {
		b.set(n, "value of "+n, long)
	}
	for _, n := range names {
		b.holds(n, "value of "+n)
	}
	for _, n := range names {
		b.delete(n, true)
	}
}

func valueGiven(b *cacheBench) {
	value := []byte("original")
	_, err := b.cache.Set(b.Context(), b.key("k"), value, contract.SetOptions{TTL: long})
	wantNil(b.T, "Set", err)
	wantSame(b.T, "the caller's value", string(value), "original")
	copy(value, "CLOBBER!")
	b.holds("k", "original")
}

func valueReturned(b *cacheBench) {
	b.set("k", "original", long)
	first, err := b.cache.Get(b.Context(), b.key("k"))
	wantNil(b.T, "Get", err)
	second, err := b.cache.Get(b.Context(), b.key("k"))
	wantNil(b.T, "Get", err)
	copy(first, "CLOBBER!")
	_ = append(first, "more"...)
	wantSame(b.T, "the other caller's value", string(second), "original")
	b.holds("k", "original")
}
