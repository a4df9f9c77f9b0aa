package rest

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

// stopped is a limiter on a clock that stands still.
func stopped() contract.RateLimiter {
	return limit.NewKeyed(100, func() int64 { return 1 })
}

func checkHeaders(t *testing.T, w *httptest.ResponseRecorder, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
}

func TestBackendEventLimitCountsChannels(t *testing.T) {
	three := uint32(3)
	f := newFixture().withApp(func(a *contract.App) { a.Limits.MaxBackendEventsPerSecond = &three })
	f.opts.Limiter = stopped()
	two := `{"name":"f","channels":["a","b"],"data":"x"}`
	w := f.call("POST", "/apps/3/events", two)
	checkAnswer(t, w, 200, `{}`)
	checkHeaders(t, w, map[string]string{"x-ratelimit-limit": "3", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "1", "retry-after": ""})
	w = f.call("POST", "/apps/3/events", two)
	checkAnswer(t, w, 429, `{"error":"Too Many Requests","message":"the limit is 3, try again in 1 s","code":"rate_limited","status":429}`)
	checkFailureBody(t, w)
	checkHeaders(t, w, map[string]string{"x-ratelimit-limit": "3", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "1", "retry-after": "1"})
	if len(f.hub.batches) != 1 {
		t.Errorf("published %v", f.published())
	}
	checkAnswer(t, f.call("GET", "/apps/3/channels", ""), 200, "")
	c := f.metrics.App("3")
	if c.LimitChecks[metrics.LimitBackendEvents].Load() != 2 || c.LimitTriggered[metrics.LimitBackendEvents].Load() != 1 {
		t.Error("checks are not counted")
	}
}

func TestRequestLargerThanTheLimitPassesAlone(t *testing.T) {
	one := uint32(1)
	f := newFixture().withApp(func(a *contract.App) { a.Limits.MaxBackendEventsPerSecond = &one })
	f.opts.Limiter = stopped()
	checkAnswer(t, f.call("POST", "/apps/3/events", `{"name":"f","channels":["a","b"],"data":"x"}`), 200, `{}`)
	checkAnswer(t, f.call("POST", "/apps/3/events", anEvent), 429, "")
}

func TestReadLimit(t *testing.T) {
	two := uint32(2)
	f := newFixture().withApp(func(a *contract.App) { a.Limits.MaxReadRequestsPerSecond = &two })
	f.opts.Limiter = stopped()
	checkAnswer(t, f.call("GET", "/apps/3/channels/a", ""), 200, "")
	checkAnswer(t, f.call("GET", "/apps/3/channels?info=color", ""), 400, "")
	checkAnswer(t, f.call("GET", "/apps/3/channels/presence-a/users", ""), 200, "")
	checkAnswer(t, f.call("GET", "/apps/3/channels", ""), 429, "")
	checkAnswer(t, f.call("POST", "/apps/3/events", anEvent), 200, "")
}

func TestAddressLimit(t *testing.T) {
	f := newFixture()
	f.opts.Address = AddressLimit{Limiter: stopped(), Requests: 1, Window: time.Minute, TrustHops: 1}
	from := func(remote, forwarded string) *httptest.ResponseRecorder {
		r := request("POST", signed("POST", "/apps/3/events", anEvent, nil), anEvent)
		r.RemoteAddr = remote
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		r.Header.Set("X-Real-IP", "9.9.9.9")
		return f.do(r)
	}
	w := from("10.0.0.1:5", "1.1.1.1")
	checkAnswer(t, w, 200, "")
	checkHeaders(t, w, map[string]string{"x-ratelimit-limit": "1", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"})
	w = from("10.0.0.1:6", "8.8.8.8, 1.1.1.1")
	checkAnswer(t, w, 429, "")
	checkHeaders(t, w, map[string]string{"retry-after": "60"})
	checkAnswer(t, from("10.0.0.1:5", "2.2.2.2"), 200, "")
	checkAnswer(t, from("10.0.0.1:5", ""), 200, "")
	checkAnswer(t, from("@", ""), 200, "")
	checkAnswer(t, from("@", ""), 200, "")
	checkAnswer(t, f.do(request("GET", "/up", "")), 200, "OK")
	if got := f.metrics.App("").LimitTriggered[metrics.LimitHTTPAddress].Load(); got != 1 {
		t.Errorf("counted %d", got)
	}
}

// brokenLimiter cannot be asked.
type brokenLimiter struct{}

func (brokenLimiter) Take(context.Context, contract.TakeRequest) (contract.TakeResult, error) {
	return contract.TakeResult{}, contract.ErrUnavailable
}
func (brokenLimiter) Reset(context.Context, string) error { return contract.ErrUnavailable }

func TestLimiterThatIsAwayStopsNobody(t *testing.T) {
	one := uint32(1)
	f := newFixture().withApp(func(a *contract.App) { a.Limits.MaxBackendEventsPerSecond = &one })
	f.opts.Limiter = brokenLimiter{}
	f.opts.Address = AddressLimit{Limiter: brokenLimiter{}, Requests: 1, Window: time.Minute}
	for range 3 {
		checkAnswer(t, f.call("POST", "/apps/3/events", anEvent), 200, `{}`)
	}
}
