package main

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// stopped makes a limiter that lives at the time of a test.
func stopped(l *limiter, now *atomic.Int64) *limiter {
	l.clock = func() string { return strconv.FormatInt(now.Load(), 10) }
	return l
}

func TestRateLimiterIsExact(t *testing.T) {
	var now atomic.Int64
	now.Store(1_700_000_000_000_000)
	plugintest.RateLimiter(t, plugintest.RateLimiterConfig{
		Open: func(t *testing.T) contract.RateLimiter {
			return stopped(newLimiter(t, toStandalone(standalone())), &now)
		},
		Advance: func(d time.Duration) { now.Add(d.Microseconds()) },
	})
}

// gcra is the algorithm of the limiter inside the server, in nanoseconds.
type gcra struct{ free, now int64 }

func (g *gcra) take(req contract.TakeRequest) contract.TakeResult {
	window, interval := int64(req.Window), max(1, int64(req.Window)/int64(req.Limit))
	free := max(g.free, g.now)
	after := free + int64(req.Cost)*interval
	r := contract.TakeResult{Allowed: after-window <= g.now}
	if r.Allowed {
		free, g.free = after, after
	} else {
		r.RetryAfter = time.Duration(after - window - g.now)
	}
	r.ResetAfter = time.Duration(free - g.now)
	r.Remaining = uint32(min(max(0, window-(free-g.now))/interval, int64(req.Limit)))
	return r
}

// The answers are those of the limiter inside the server, to the nanosecond.
func TestLimiterAnswersLikeTheLocalOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var now atomic.Int64
		now.Store(1_700_000_000_000_000)
		l := stopped(newLimiter(t, toStandalone(standalone())), &now)
		model := &gcra{now: now.Load() * 1000}
		req := contract.TakeRequest{
			Key: "k", Limit: rapid.Uint32Range(1, 5000).Draw(rt, "limit"),
			Window: time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(24*time.Hour)).Draw(rt, "window")),
		}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			req.Cost = rapid.Uint32Range(1, req.Limit+1).Draw(rt, "cost")
			got, err := l.Take(t.Context(), req)
			if want := model.take(req); err != nil || got != want {
				rt.Fatalf("Take of %d of %d per %v: %+v, %v; want %+v", req.Cost, req.Limit, req.Window, got, err, want)
			}
			d := rapid.Int64Range(0, req.Window.Microseconds()).Draw(rt, "pass")
			now.Add(d)
			model.now += d * 1000
		}
	})
}
