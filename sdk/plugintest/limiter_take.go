package plugintest

import (
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var limiterTake = []limiterCase{
	{name: "a fresh limit allows its whole burst and not one more", run: func(b *limiterBench) {
		for _, limit := range []uint32{1, 2, 10, 100} {
			req := b.ask(unique("k"), limit)
			for n := range limit {
				b.allows(req, limit-n-1)
			}
			b.denies(req, 0)
		}
	}},
	{name: "a request may cost several units", run: func(b *limiterBench) {
		b.allows(b.costing("k", 10, 7), 3)
		b.denies(b.costing("k", 10, 4), 3)
		b.allows(b.costing("k", 10, 3), 0)
		b.allows(b.costing("k2", 10, 10), 0)
	}},
	{name: "a denied request takes nothing", run: func(b *limiterBench) {
		b.allows(b.costing("k", 10, 6), 4)
		for range 50 {
			b.denies(b.costing("k", 10, 5), 4)
		}
		b.allows(b.costing("k", 10, 4), 0)
	}},
	{name: "a request above the whole limit is never allowed, and takes nothing", run: func(b *limiterBench) {
		res, err := b.limiter.Take(b.Context(), b.costing("k", 10, 11))
		wantKnown(b.T, "Take", err)
		wantSame(b.T, "allowed", res.Allowed, false)
		b.allows(b.costing("k", 10, 10), 0)
	}},
	{name: "every key has its own limit", run: func(b *limiterBench) {
		for _, name := range []string{"a", "A", "a ", "a:b", "{a}", "é"} {
			b.allows(b.ask(name, 1), 0)
			b.denies(b.ask(name, 1), 0)
		}
	}},
	{name: "Reset forgets what was taken, and an absent key is no error", run: func(b *limiterBench) {
		wantNil(b.T, "Reset", b.limiter.Reset(b.Context(), b.prefix+"k"))
		b.allows(b.costing("k", 10, 10), 0)
		b.allows(b.costing("other", 10, 10), 0)
		wantNil(b.T, "Reset", b.limiter.Reset(b.Context(), b.prefix+"k"))
		b.allows(b.ask("k", 10), 9)
		b.denies(b.ask("other", 10), 0)
	}},
	{name: "requests with one id count once and are answered alike", run: func(b *limiterBench) {
		req := b.ask("k", 10)
		req.ID = unique("id")
		first := b.allows(req, 9)
		for range 5 {
			again := b.allows(req, 9)
			if first.ResetAfter-again.ResetAfter > time.Minute {
				b.Fatalf("ResetAfter %v was %v at first", again.ResetAfter, first.ResetAfter)
			}
		}
		b.allows(b.ask("k", 10), 8)
		req.ID = unique("id")
		b.allows(req, 7)
	}},
	{name: "requests without an id count each by itself", run: func(b *limiterBench) {
		b.allows(b.ask("k", 3), 2)
		b.allows(b.ask("k", 3), 1)
	}},
	{name: "a request of nothing, or of no limit, is invalid", run: func(b *limiterBench) {
		for what, req := range map[string]contract.TakeRequest{
			"no cost":   {Key: b.prefix + "k", Limit: 1, Window: time.Second},
			"no limit":  {Key: b.prefix + "k", Cost: 1, Window: time.Second},
			"no window": {Key: b.prefix + "k", Cost: 1, Limit: 1},
		} {
			_, err := b.limiter.Take(b.Context(), req)
			wantErr(b.T, "Take with "+what, err, contract.ErrInvalid)
		}
	}},
}

var limiterShared = []limiterCase{
	{name: "64 callers share a limit exactly", run: func(b *limiterBench) {
		const limit = 100
		var allowed atomic.Int64
		crowd(64, func(int) {
			for range 4 {
				res, err := b.limiter.Take(b.Context(), b.ask("k", limit))
				if err != nil {
					b.Errorf("Take: %v", err)
				}
				if res.Allowed {
					allowed.Add(1)
				}
			}
		})
		wantSame(b.T, "allowed", allowed.Load(), limit)
	}},
	{name: "64 callers with one id count once", run: func(b *limiterBench) {
		req := b.ask("k", 10)
		req.ID = unique("id")
		crowd(64, func(int) {
			if res, err := b.limiter.Take(b.Context(), req); err != nil || !res.Allowed {
				b.Errorf("Take: allowed %v, %v", res.Allowed, err)
			}
		})
		b.allows(b.ask("k", 10), 8)
	}},
	{name: "a call whose context has ended returns", run: func(b *limiterBench) {
		err := promptly(b.T, "Take", func() error { _, err := b.limiter.Take(over(b.T), b.ask("k", 10)); return err })
		wantKnown(b.T, "Take", err)
		err = promptly(b.T, "Reset", func() error { return b.limiter.Reset(over(b.T), b.prefix+"k") })
		wantKnown(b.T, "Reset", err)
		b.allows(b.ask("other", 10), 9)
	}},
}
