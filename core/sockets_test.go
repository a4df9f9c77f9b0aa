package core

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/config"
	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/core/internal/metrics"
)

func TestUpgradesOfAnAddressAreLimited(t *testing.T) {
	cfg := &config.Config{}
	cfg.RateLimiter.WebSocket = config.WSRate{MaxRequests: 2, Window: time.Minute, TrustHops: 1}
	s := connectLimit{&server{cfg: cfg, limiter: limit.NewKeyed(10, func() int64 { return 1 }), metrics: metrics.New(metrics.Options{})}}
	tests := []struct {
		remote    net.Addr
		forwarded string
		status    int
		headers   http.Header
	}{
		{&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 1}, "1.2.3.4", 0, http.Header{}},
		{&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 2}, "9.9.9.9, 1.2.3.4", 0, http.Header{}},
		{&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 3}, "1.2.3.4", http.StatusTooManyRequests, http.Header{
			"X-Ratelimit-Limit": {"2"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"60"}, "Retry-After": {"30"},
		}},
		{&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 4}, "1.2.3.5", 0, http.Header{}},
		{&net.UnixAddr{Name: "@", Net: "unix"}, "1.2.3.4", 0, http.Header{}},
	}
	for i, tt := range tests {
		r := httptest.NewRequest("GET", "/app/key", nil)
		r.Header.Set("X-Forwarded-For", tt.forwarded)
		got := http.Header{}
		if status := s.Check(r, tt.remote, got); status != tt.status {
			t.Errorf("upgrade %d: %d, want %d", i, status, tt.status)
		}
		if diff := cmp.Diff(tt.headers, got); diff != "" {
			t.Errorf("upgrade %d (-want +got):\n%s", i, diff)
		}
	}
}
