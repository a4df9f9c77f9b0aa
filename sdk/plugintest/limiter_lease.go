package plugintest

import (
	"sync/atomic"

	"github.com/jackfield/jackfield/sdk/contract"
)

var limiterLease = []limiterCase{
	{name: "a lease takes units ahead", needs: contract.CapLimitLease, run: func(b *limiterBench) {
		res := b.lease(b.ask("k", 10), 4)
		wantSame(b.T, "granted", res.Granted, 4)
		wantSame(b.T, "remaining", res.Remaining, 6)
		if res.ValidFor <= 0 {
			b.Fatalf("a lease of 4 units is valid for %v", res.ValidFor)
		}
		b.allows(b.costing("k", 10, 6), 0)
	}},
	{name: "a lease grants what is there and no more", needs: contract.CapLimitLease, run: func(b *limiterBench) {
		b.allows(b.costing("k", 10, 7), 3)
		wantSame(b.T, "granted", b.lease(b.ask("k", 10), 5).Granted, 3)
		wantSame(b.T, "granted of nothing", b.lease(b.ask("k", 10), 5).Granted, 0)
		b.denies(b.ask("k", 10), 0)
	}},
	{name: "leases with one id count once", needs: contract.CapLimitLease, run: func(b *limiterBench) {
		req := b.ask("k", 10)
		req.ID = unique("id")
		wantSame(b.T, "granted", b.lease(req, 4).Granted, 4)
		wantSame(b.T, "granted again", b.lease(req, 4).Granted, 4)
		b.allows(b.costing("k", 10, 6), 0)
	}},
	{name: "leases and requests of 64 callers never exceed the limit", needs: contract.CapLimitLease, run: func(b *limiterBench) {
		const limit = 100
		var taken atomic.Int64
		crowd(64, func(i int) {
			if i%2 == 0 {
				taken.Add(int64(b.lease(b.ask("k", limit), 5).Granted))
				return
			}
			for range 3 {
				if b.take(b.ask("k", limit)).Allowed {
					taken.Add(1)
				}
			}
		})
		wantSame(b.T, "units taken", taken.Load(), limit)
	}},
	{name: "without leases, Lease is refused and takes nothing", lacks: contract.CapLimitLease, run: func(b *limiterBench) {
		l, ok := refused[contract.RateLeaser](&b.bench, b.limiter, contract.CapLimitLease)
		if !ok {
			return
		}
		res, err := l.Lease(b.Context(), b.ask("k", 10), 5)
		wantErr(b.T, "Lease", err, contract.ErrUnsupported)
		wantSame(b.T, "granted", res.Granted, 0)
		b.allows(b.costing("k", 10, 10), 0)
	}},
}

func (b *limiterBench) lease(req contract.TakeRequest, want uint32) contract.LeaseResult {
	b.Helper()
	res, err := ability[contract.RateLeaser](&b.bench, b.limiter, contract.CapLimitLease).Lease(b.Context(), req, want)
	wantNil(b.T, "Lease", err)
	if res.Granted > want {
		b.Fatalf("a lease of %d units granted %d", want, res.Granted)
	}
	return res
}
