package rest

import (
	"testing"
)

func TestCORS(t *testing.T) {
	all := CORS{Origins: []string{"*"}, Methods: []string{"GET", "POST"}, Headers: []string{"X-A", "X-B"}, Credentials: true}
	some := CORS{Origins: []string{"https://*.example.com"}, Methods: []string{"POST"}, Credentials: true}
	tests := []struct {
		name, origin string
		cors         CORS
		want         map[string]string
	}{
		{"anyone", "https://a.b", all, map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "", "Vary": ""}},
		{"no browser", "", all, map[string]string{"Access-Control-Allow-Origin": "", "Vary": ""}},
		{"one of some", "https://x.Example.com", some, map[string]string{"Access-Control-Allow-Origin": "https://x.Example.com", "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}},
		{"a stranger", "https://example.org", some, map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Credentials": "", "Vary": "Origin"}},
		{"switched off", "https://a.b", CORS{}, map[string]string{"Access-Control-Allow-Origin": "", "Vary": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			f.opts.CORS = tt.cors
			r := request("POST", signed("POST", "/apps/3/events", anEvent, nil), anEvent)
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			w := f.do(r)
			checkAnswer(t, w, 200, `{}`)
			checkHeaders(t, w, tt.want)
		})
	}
}

func TestPreflight(t *testing.T) {
	f := newFixture()
	f.opts.CORS = CORS{Origins: []string{"*"}, Methods: []string{"GET", "POST"}, Headers: []string{"X-A", "X-B"}}
	r := request("OPTIONS", "/apps/3/events", "")
	r.Header.Set("Origin", "https://a.b")
	r.Header.Set("Access-Control-Request-Method", "POST")
	w := f.do(r)
	checkAnswer(t, w, 204, "")
	checkHeaders(t, w, map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "X-A, X-B",
	})
	f.opts.CORS.Origins = []string{"https://other.org"}
	w = f.do(r)
	checkAnswer(t, w, 204, "")
	checkHeaders(t, w, map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Methods": ""})
}
