package rest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// checkServed checks what holds for every answer: a status of the API and JSON.
func checkServed(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	switch w.Code {
	case 200, 400, 401, 403, 404, 405, 413, 429:
	default:
		t.Fatalf("status %d %s", w.Code, w.Body)
	}
	if !json.Valid(w.Body.Bytes()) {
		t.Fatalf("answer is not JSON: %q", w.Body)
	}
}

func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		anEvent, `{"batch":[` + anEvent + `]}`, `{"name":"f","channels":["presence-a","#server-to-user-1"],"data":null,"info":"user_count"}`,
		`{"name":"f","channel":"a","data":"\ud800"}`, "{\"name\":\"\xff\",\"channel\":\"a\",\"data\":\"\xff\"}", `[[[[`, `{"batch":[{}]}`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		fix := newFixture()
		for _, path := range []string{"/apps/3/events", "/apps/3/batch_events"} {
			w := fix.call("POST", path, body)
			checkServed(t, w)
			if accepted := len(fix.hub.batches) > 0; accepted != (w.Code == 200) {
				t.Fatalf("status %d, published %v", w.Code, fix.published())
			}
			fix.hub.batches = nil
		}
	})
}

func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"/apps/3/channels?filter_by_prefix=presence-&info=user_count", "/apps/3/channels/presence-a/users", "/apps/3/channels/%70resence-a",
		"/apps/3/channels?info=%", "/apps/3/channels?a=b;c=d", "/apps/%zz/events", "/apps/3/channels/a?info=cache&INFO=x", "//apps///", "/apps/3/channels?a&b=&=c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		path, query, _ := strings.Cut(target, "?")
		if !strings.HasPrefix(path, "/apps") || strings.ContainsAny(target, " \r\n#") {
			return
		}
		u, err := url.ParseRequestURI(path)
		if err != nil {
			return
		}
		fix := newFixture()
		for _, q := range []string{query, signedQuery(path, query)} {
			r := &http.Request{Method: "GET", URL: u, RequestURI: path + "?" + q, Header: http.Header{}, Body: http.NoBody}
			checkServed(t, fix.do(r))
		}
	})
}

// signedQuery signs the parameters of a query as they are, if they are unlike
// those of a signature.
func signedQuery(path, query string) string {
	_, q, _ := strings.Cut(signed("GET", path+"?"+query, "", nil), "?")
	return q
}
