package core

import (
	"net/http/httptest"
	"testing"

	"github.com/hashicorp/go-hclog"
)

func TestEveryPortHasBounds(t *testing.T) {
	s := boundedServer(nil, hclog.NewNullLogger())
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= s.ReadTimeout || s.IdleTimeout <= 0 || s.ErrorLog == nil {
		t.Errorf("bounds are %+v", s)
	}
}

func TestRedirectKeepsHostAndPath(t *testing.T) {
	tests := map[string]string{
		"example.org":      "https://example.org:6001/a?b=c",
		"example.org:8080": "https://example.org:6001/a?b=c",
		"[::1]:8080":       "https://[::1]:6001/a?b=c",
		"[::1]":            "https://[::1]:6001/a?b=c",
	}
	for host, want := range tests {
		r := httptest.NewRequest("GET", "/a?b=c", nil)
		r.Host = host
		w := httptest.NewRecorder()
		redirectTo(6001).ServeHTTP(w, r)
		if got := w.Header().Get("Location"); w.Code != 308 || got != want {
			t.Errorf("%s: %d %s, want %s", host, w.Code, got, want)
		}
	}
}
