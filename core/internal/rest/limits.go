package rest

import (
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// throttled is the failure of a call over a rate limit.
type throttled struct {
	limit  uint32
	result contract.TakeResult
}

var tooManyRequests = &pusher.Failure{Status: http.StatusTooManyRequests, Slug: "rate_limited", Message: "Too Many Requests"}

// Error and Unwrap make it a pusher.Failure with status 429.
func (t *throttled) Error() string { return tooManyRequests.Message }
func (t *throttled) Unwrap() error { return tooManyRequests }

func (t *throttled) setHeaders(h http.Header) {
	setLimitHeaders(h, t.limit, t.result)
	h.Set("Retry-After", wholeSeconds(int64(t.result.RetryAfter)))
}

func (t *throttled) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"error":"Too Many Requests","message":"the limit is `...)
	dst = strconv.AppendUint(dst, uint64(t.limit), 10)
	dst = append(dst, `, try again in `...)
	dst = append(dst, wholeSeconds(int64(t.result.RetryAfter))...)
	return append(dst, ` s","code":"rate_limited","status":429}`...)
}

func setLimitHeaders(h http.Header, limit uint32, result contract.TakeResult) {
	h.Set("X-Ratelimit-Limit", strconv.FormatUint(uint64(limit), 10))
	h.Set("X-Ratelimit-Remaining", strconv.FormatUint(uint64(result.Remaining), 10))
	h.Set("X-Ratelimit-Reset", wholeSeconds(int64(result.ResetAfter)))
}

// limitAddress counts the call against the address it comes from. Callers on a
// unix socket have none and are not limited.
func (s *Server) limitAddress(c *call) error {
	a := s.opts.Address
	if a.Limiter == nil || a.Requests == 0 {
		return nil
	}
	remote, _ := netip.ParseAddrPort(c.r.RemoteAddr)
	client := limit.ClientIP(remote.Addr(), c.r.Header["X-Forwarded-For"], a.TrustHops)
	if !client.IsValid() {
		return nil
	}
	return s.take(c, a.Limiter, metrics.LimitHTTPAddress, contract.TakeRequest{
		Key: "api:" + client.String(), Cost: 1, Limit: a.Requests, Window: a.Window,
	})
}

// limitPublish counts messages against the app's limit of events.
func (s *Server) limitPublish(c *call, messages int) error {
	return s.limitApp(c, metrics.LimitBackendEvents, "events:", c.app.Limits.BackendEventsPerSecond, messages)
}

// limitRead counts a call against the app's limit of reads.
func (s *Server) limitRead(c *call) error {
	return s.limitApp(c, metrics.LimitReadRequests, "reads:", c.app.Limits.ReadRequestsPerSecond, 1)
}

func (s *Server) limitApp(c *call, which metrics.Limiter, kind string, perSecond, cost int) error {
	if s.opts.Limiter == nil || perSecond <= 0 {
		return nil
	}
	return s.take(c, s.opts.Limiter, which, contract.TakeRequest{
		Key: kind + c.app.Record.ID,
		// More than the whole limit would never be free at once.
		Cost:   uint32(min(cost, perSecond)),
		Limit:  uint32(perSecond),
		Window: time.Second,
	})
}

// take asks a limiter. One that fails lets the call pass: limits protect the
// server, they must not be what stops it.
func (s *Server) take(c *call, limiter contract.RateLimiter, which metrics.Limiter, req contract.TakeRequest) error {
	result, err := limiter.Take(c.r.Context(), req)
	if err != nil {
		return nil
	}
	s.opts.Counters.App(c.countedAs()).Limited(which, result.Allowed)
	if !result.Allowed {
		return &throttled{limit: req.Limit, result: result}
	}
	setLimitHeaders(c.w.Header(), req.Limit, result)
	return nil
}
