package plugintest

import (
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var cacheLifetimes = []cacheCase{
	{name: "a value past its time is not found", run: func(b *cacheBench) {
		b.set("k", "v", brief)
		b.expires("k", brief)
	}},
	{name: "every key has its own time", run: func(b *cacheBench) {
		b.set("stays", "v", long)
		b.set("goes", "v", brief)
		b.expires("goes", brief)
		b.holds("stays", "v")
	}},
	{name: "a lifetime counts in milliseconds", run: func(b *cacheBench) {
		b.set("k", "v", 7*time.Millisecond)
		b.expires("k", 7*time.Millisecond)
	}},
	{name: "NoExpiry keeps a value for ever", run: func(b *cacheBench) {
		b.set("k", "v", contract.NoExpiry)
		b.outlives("k", 100*time.Hour)
		b.holds("k", "v")
	}},
	{name: "a TTL of 0 is the default of the cache", run: defaultTTL},
	{name: "setting again sets the time again", run: func(b *cacheBench) {
		b.set("k", "v", long)
		b.set("k", "w", brief)
		b.expires("k", brief)
	}},
	{name: "setting again with NoExpiry takes the old time away", run: func(b *cacheBench) {
		b.set("k", "v", brief)
		b.set("mark", "v", 2*brief)
		b.set("k", "w", contract.NoExpiry)
		b.after(2*brief, "the end of a later key", b.gone("mark"))
		b.holds("k", "w")
	}},
	{name: "deleting takes the time away with the value", run: func(b *cacheBench) {
		b.set("k", "v", roomy)
		b.delete("k", true)
		b.set("k", "w", long)
		b.set("mark", "v", 2*roomy)
		b.after(2*roomy, "the end of a later key", b.gone("mark"))
		b.holds("k", "w")
	}},
	{name: "a key past its time does not exist for Delete", run: func(b *cacheBench) {
		b.set("k", "v", brief)
		b.set("mark", "v", brief)
		b.after(brief, "the end of a key", b.gone("mark"))
		b.until("the end of the other key", b.gone("k"))
		b.delete("k", false)
	}},
	{name: "reading does not renew the time", run: func(b *cacheBench) {
		b.set("k", "v", brief)
		if b.simulated() {
			b.outlives("k", brief/2)
			b.expires("k", brief-brief/2)
			return
		}
		b.until("the end of a key that is read all the time", b.gone("k"))
	}},
}

func defaultTTL(b *cacheBench) {
	b.set("k", "v", 0)
	b.holds("k", "v")
	switch ttl := b.cfg.DefaultTTL; {
	case ttl == 0:
		b.Log("left out: the config does not tell the default TTL")
	case ttl == contract.NoExpiry:
		b.outlives("k", 100*time.Hour)
	case b.simulated():
		b.expires("k", ttl)
	}
}

var cacheIfAbsent = []cacheCase{
	{name: "IfAbsent stores when the key does not exist", run: func(b *cacheBench) {
		wantSame(b.T, "stored", b.setIfAbsent("k", "v", long), true)
		b.holds("k", "v")
	}},
	{name: "IfAbsent leaves an existing value alone", run: func(b *cacheBench) {
		b.set("k", "v", long)
		wantSame(b.T, "stored", b.setIfAbsent("k", "w", long), false)
		b.holds("k", "v")
	}},
	{name: "IfAbsent leaves an existing time alone", run: func(b *cacheBench) {
		b.set("k", "v", roomy)
		wantSame(b.T, "stored", b.setIfAbsent("k", "w", long), false)
		b.expires("k", roomy)
	}},
	{name: "IfAbsent obeys its own time", run: func(b *cacheBench) {
		wantSame(b.T, "stored", b.setIfAbsent("k", "v", brief), true)
		b.expires("k", brief)
	}},
	{name: "IfAbsent stores over a value past its time", run: func(b *cacheBench) {
		b.set("k", "v", brief)
		b.after(brief, "IfAbsent storing after the end", func() bool { return b.setIfAbsent("k", "w", long) })
		b.holds("k", "w")
	}},
	{name: "IfAbsent stores over a deleted value", run: func(b *cacheBench) {
		b.set("k", "v", long)
		b.delete("k", true)
		wantSame(b.T, "stored", b.setIfAbsent("k", "w", long), true)
		b.holds("k", "w")
	}},
	{name: "IfAbsent has one winner among 64", run: func(b *cacheBench) {
		for range 20 {
			name := unique("race")
			var winners atomic.Int64
			crowd(64, func(int) {
				if b.setIfAbsent(name, "v", long) {
					winners.Add(1)
				}
			})
			wantSame(b.T, "winners", winners.Load(), 1)
		}
	}},
}
