package plugintest

import (
	"math/rand/v2"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var limiterExact = []limiterCase{
	{name: "a denied request is allowed after the time it was told", run: func(b *limiterBench) {
		req := contract.TakeRequest{Key: b.prefix + "k", Cost: 2, Limit: 4, Window: 2 * time.Second}
		b.take(req)
		b.take(req)
		res := b.take(req)
		if res.Allowed || res.RetryAfter <= 0 || res.RetryAfter > time.Second {
			b.Fatalf("third request at once: allowed %v, RetryAfter %v, want denied for 1s at most", res.Allowed, res.RetryAfter)
		}
		b.after(res.RetryAfter, "the request allowed", func() bool { return b.take(req).Allowed })
	}},
	{name: "units come back one by one, not by windows", run: func(b *limiterBench) {
		if !b.exact() {
			return
		}
		req := contract.TakeRequest{Key: b.prefix + "k", Cost: 1, Limit: 10, Window: time.Second}
		for n := range uint32(10) {
			b.allows(req, 9-n)
		}
		for range 25 {
			b.pass(99 * time.Millisecond)
			b.denies(req, 0)
			b.pass(time.Millisecond)
			b.allows(req, 0)
		}
		b.pass(time.Second)
		b.allows(req, 9)
	}},
	{name: "the answers tell what the headers need", run: headers},
	{name: "an unused limit never grows above its burst", run: func(b *limiterBench) {
		if !b.exact() {
			return
		}
		req := contract.TakeRequest{Key: b.prefix + "k", Cost: 5, Limit: 5, Window: time.Second}
		b.allows(req, 0)
		b.pass(time.Hour)
		b.allows(req, 0)
		b.denies(req, 0)
	}},
	{name: "the answers are those of the algorithm (seed 1)", run: func(b *limiterBench) { b.likeModel(1) }},
	{name: "the answers are those of the algorithm (seed 2)", run: func(b *limiterBench) { b.likeModel(2) }},
	{name: "the answers are those of the algorithm (seed 3)", run: func(b *limiterBench) { b.likeModel(3) }},
}

// exact tells whether time stands still between the steps of a case.
func (b *limiterBench) exact() bool {
	if !b.simulated() {
		b.Log("left out: in real time the answers cannot be foretold")
	}
	return b.simulated()
}

func headers(b *limiterBench) {
	if !b.exact() {
		return
	}
	req := contract.TakeRequest{Key: b.prefix + "k", Cost: 1, Limit: 10, Window: time.Second}
	wantSame(b.T, "ResetAfter 1 unit", b.allows(req, 9).ResetAfter, 100*time.Millisecond)
	wantSame(b.T, "ResetAfter 2 units", b.allows(req, 8).ResetAfter, 200*time.Millisecond)
	b.pass(50 * time.Millisecond)
	wantSame(b.T, "ResetAfter 3 units, 50ms later", b.allows(req, 7).ResetAfter, 250*time.Millisecond)
	req.Cost = 9
	res := b.denies(req, 7)
	wantSame(b.T, "ResetAfter of a denied request", res.ResetAfter, 250*time.Millisecond)
	wantSame(b.T, "RetryAfter", res.RetryAfter, 150*time.Millisecond)
	b.pass(149 * time.Millisecond)
	b.denies(req, 8)
	b.pass(time.Millisecond)
	wantSame(b.T, "ResetAfter of the whole limit", b.allows(req, 0).ResetAfter, time.Second)
}

// gcra is the algorithm in its plainest form: full is the moment at which the
// whole limit is free again, on a clock that begins at 0.
type gcra struct {
	limit     uint32
	unit      time.Duration // time in which one unit comes back
	full, now time.Duration
}

func (g *gcra) take(cost uint32) contract.TakeResult {
	window := time.Duration(g.limit) * g.unit
	full := max(g.full, g.now)
	after := full + time.Duration(cost)*g.unit
	res := contract.TakeResult{Allowed: after-g.now <= window}
	if res.Allowed {
		full, g.full = after, after
	} else {
		res.RetryAfter = after - g.now - window
	}
	res.ResetAfter = full - g.now
	res.Remaining = uint32((window - res.ResetAfter) / g.unit)
	return res
}

// likeModel compares random requests at random times with the plain algorithm.
func (b *limiterBench) likeModel(seed uint64) {
	if !b.exact() {
		return
	}
	dice := rand.New(rand.NewPCG(seed, 0))
	model := &gcra{limit: 1 + dice.Uint32N(20), unit: time.Duration(1+dice.IntN(500)) * time.Millisecond}
	req := contract.TakeRequest{Key: b.prefix + "k", Limit: model.limit, Window: time.Duration(model.limit) * model.unit}
	for step := range 500 {
		req.Cost = 1 + dice.Uint32N(1+model.limit/2)
		got, want := b.take(req), model.take(req.Cost)
		if got != want {
			b.Fatalf("step %d: %d of %d per %v: got %+v, want %+v", step, req.Cost, req.Limit, req.Window, got, want)
		}
		if d := time.Duration(dice.Int64N(2*int64(model.unit)+1) - int64(model.unit)/2).Truncate(time.Millisecond); d > 0 {
			b.pass(d)
			model.now += d
		}
	}
}
