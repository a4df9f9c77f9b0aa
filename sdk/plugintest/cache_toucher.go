package plugintest

import (
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var cacheToucher = []cacheCase{
	{name: "touching gives a new time, longer or shorter", needs: contract.CapCacheTouch, run: func(b *cacheBench) {
		b.set("k", "v", roomy)
		b.touches("k", 2*roomy, true)
		b.expires("k", 2*roomy)
		b.set("k", "v", long)
		b.touches("k", brief, true)
		b.expires("k", brief)
	}},
	{name: "touching with NoExpiry keeps a value for ever", needs: contract.CapCacheTouch, run: func(b *cacheBench) {
		b.set("k", "v", roomy)
		b.touches("k", contract.NoExpiry, true)
		b.outlives("k", 100*time.Hour)
		wantSame(b.T, "TTL", b.left("k"), contract.NoExpiry)
	}},
	{name: "touching leaves the value alone", needs: contract.CapCacheTouch, run: func(b *cacheBench) {
		b.set("k", "v", roomy)
		b.touches("k", long, true)
		b.holds("k", "v")
	}},
	{name: "touching an absent key tells so and makes nothing", needs: contract.CapCacheTouch, run: func(b *cacheBench) {
		b.touches("k", long, false)
		b.lacksKey("k")
	}},
	{name: "touching does not bring back a value past its time", needs: contract.CapCacheTouch, run: func(b *cacheBench) {
		b.set("k", "v", brief)
		b.expires("k", brief)
		b.touches("k", long, false)
		b.lacksKey("k")
	}},
	{name: "TTL is the time left", needs: contract.CapCacheTouch, run: timeLeft},
	{name: "TTL of a value without end is NoExpiry", needs: contract.CapCacheTouch, run: func(b *cacheBench) {
		b.set("k", "v", contract.NoExpiry)
		wantSame(b.T, "TTL", b.left("k"), contract.NoExpiry)
	}},
	{name: "TTL of an absent key is not found", needs: contract.CapCacheTouch, run: func(b *cacheBench) {
		_, err := b.toucher().TTL(b.Context(), b.key("k"))
		wantErr(b.T, "TTL", err, contract.ErrNotFound)
		b.set("k", "v", brief)
		b.expires("k", brief)
		_, err = b.toucher().TTL(b.Context(), b.key("k"))
		wantErr(b.T, "TTL past the time", err, contract.ErrNotFound)
	}},
	{name: "without the ability to touch, Touch and TTL are refused and change nothing", lacks: contract.CapCacheTouch, run: func(b *cacheBench) {
		c, ok := refused[contract.CacheToucher](&b.bench, b.cache, contract.CapCacheTouch)
		if !ok {
			return
		}
		b.set("k", "v", brief)
		_, err := c.Touch(b.Context(), b.key("k"), long)
		wantErr(b.T, "Touch", err, contract.ErrUnsupported)
		_, err = c.TTL(b.Context(), b.key("k"))
		wantErr(b.T, "TTL", err, contract.ErrUnsupported)
		b.expires("k", brief)
	}},
}

func (b *cacheBench) toucher() contract.CacheToucher {
	b.Helper()
	return ability[contract.CacheToucher](&b.bench, b.cache, contract.CapCacheTouch)
}

func (b *cacheBench) touches(name string, ttl time.Duration, want bool) {
	b.Helper()
	existed, err := b.toucher().Touch(b.Context(), b.key(name), ttl)
	wantNil(b.T, "Touch "+name, err)
	wantSame(b.T, "Touch "+name+" existed", existed, want)
}

func (b *cacheBench) left(name string) time.Duration {
	b.Helper()
	left, err := b.toucher().TTL(b.Context(), b.key(name))
	wantNil(b.T, "TTL "+name, err)
	return left
}

func timeLeft(b *cacheBench) {
	b.set("k", "v", long)
	if !b.simulated() {
		if left := b.left("k"); left <= long-time.Minute || left > long {
			b.Fatalf("TTL just after Set with %v: %v", long, left)
		}
		return
	}
	wantSame(b.T, "TTL", b.left("k"), long)
	b.pass(10*time.Minute + time.Millisecond)
	wantSame(b.T, "TTL later", b.left("k"), 50*time.Minute-time.Millisecond)
	b.set("k", "v", brief)
	wantSame(b.T, "TTL after Set", b.left("k"), brief)
}
