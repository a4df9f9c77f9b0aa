package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// letters are dead letters in memory.
type letters struct {
	dead  []contract.DeadLetter
	calls []string
	err   error
}

func (l *letters) ListDead(_ context.Context, queue, page string, limit int) ([]contract.DeadLetter, string, error) {
	l.calls = append(l.calls, fmt.Sprintf("list %s %q %d", queue, page, limit))
	return l.dead, "next-page", l.err
}

func (l *letters) ReplayDead(_ context.Context, queue string, ids []string) (int64, error) {
	l.calls = append(l.calls, fmt.Sprintf("replay %s %q", queue, ids))
	return 2, l.err
}

func (l *letters) PurgeDead(_ context.Context, queue string, ids []string) (int64, error) {
	l.calls = append(l.calls, fmt.Sprintf("purge %s %q", queue, ids))
	return 3, l.err
}

const token = "a token of the operator"

func serve(t *testing.T, o Options) *httptest.Server {
	t.Helper()
	o.Queue = "webhooks"
	o.Read = func(body []byte) (Content, error) {
		if len(body) == 0 {
			return Content{}, errors.New("unreadable")
		}
		return Content{AppID: "a", Webhook: "w", TimeMS: 1, Events: json.RawMessage(`[{"name":"cache_miss"}]`)}, nil
	}
	s := httptest.NewServer(observed(t, New(o)))
	t.Cleanup(s.Close)
	return s
}

func TestClientAndServerAgree(t *testing.T) {
	dead := &letters{dead: []contract.DeadLetter{
		{Job: contract.Job{ID: "1", GroupKey: "g", Body: []byte("{}")}, Attempts: 4, Reason: "answered 500", DiedAt: time.Unix(0, 0)},
		{Job: contract.Job{ID: "2"}},
	}}
	s := serve(t, Options{Token: token, Dead: dead})
	c := Client{URL: s.URL + "/", Token: token}
	page, err := c.ListDead(t.Context(), "p", 7)
	if err != nil {
		t.Fatal(err)
	}
	want := Page{Next: "next-page", Dead: []Letter{
		{
			ID: "1", Group: "g", Attempts: 4, Reason: "answered 500", DiedAt: "1970-01-01T00:00:00.000Z",
			Content: &Content{AppID: "a", Webhook: "w", TimeMS: 1, Events: json.RawMessage(`[{"name":"cache_miss"}]`)},
		},
		{ID: "2", DiedAt: "0001-01-01T00:00:00.000Z"},
	}}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Error(diff)
	}
	if n, err := c.ReplayDead(t.Context(), Choice{IDs: []string{"1", "2"}}); n != 2 || err != nil {
		t.Errorf("replay: %d, %v", n, err)
	}
	if n, err := c.PurgeDead(t.Context(), Choice{All: true}); n != 3 || err != nil {
		t.Errorf("purge: %d, %v", n, err)
	}
	calls := []string{`list webhooks "p" 7`, `replay webhooks ["1" "2"]`, `purge webhooks []`}
	if diff := cmp.Diff(calls, dead.calls); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	dead := &letters{}
	tests := map[string]struct {
		options            Options
		method, path, body string
		bearer             string
		status             int
		says               string
	}{
		"no token configured":  {Options{Dead: dead}, "GET", "/admin/webhooks/dead", "", token, 404, "404"},
		"no token presented":   {Options{Token: token, Dead: dead}, "GET", "/admin/webhooks/dead", "", "", 401, "bearer token"},
		"wrong token":          {Options{Token: token, Dead: dead}, "POST", "/admin/webhooks/dead/purge", `{"all":true}`, "a token", 401, "bearer token"},
		"no queue":             {Options{Token: token}, "GET", "/admin/webhooks/dead", "", token, 404, "queue.driver"},
		"unknown path":         {Options{Token: token, Dead: dead}, "GET", "/admin/other", "", token, 404, "404"},
		"limit is no number":   {Options{Token: token, Dead: dead}, "GET", "/admin/webhooks/dead?limit=x", "", token, 400, "limit must be a number from 1 to 1000"},
		"limit is too high":    {Options{Token: token, Dead: dead}, "GET", "/admin/webhooks/dead?limit=1001", "", token, 400, "limit must be"},
		"body is no JSON":      {Options{Token: token, Dead: dead}, "POST", "/admin/webhooks/dead/purge", "", token, 400, "the body must be"},
		"neither ids nor all":  {Options{Token: token, Dead: dead}, "POST", "/admin/webhooks/dead/purge", "{}", token, 400, "either"},
		"ids and all":          {Options{Token: token, Dead: dead}, "POST", "/admin/webhooks/dead/replay", `{"ids":["1"],"all":true}`, token, 400, "either"},
		"misspelt key":         {Options{Token: token, Dead: dead}, "POST", "/admin/webhooks/dead/purge", `{"al":true}`, token, 400, "al"},
		"queue is away":        {Options{Token: token, Dead: &letters{err: contract.ErrUnavailable}}, "GET", "/admin/webhooks/dead", "", token, 502, "unavailable"},
		"driver keeps no dead": {Options{Token: token, Dead: &letters{err: contract.ErrUnsupported}}, "GET", "/admin/webhooks/dead", "", token, 501, "unsupported"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tt.options)
			c := Client{URL: s.URL, Token: contract.Secret(tt.bearer)}
			var body any
			if tt.body != "" {
				body = json.RawMessage(tt.body)
			}
			err := c.call(t.Context(), tt.method, tt.path, body, nil)
			if err == nil || !strings.Contains(err.Error(), tt.says) && tt.says != "404" || tt.status == 0 {
				t.Errorf("error %v, want %q", err, tt.says)
			}
			req, _ := http.NewRequest(tt.method, s.URL+tt.path, strings.NewReader(tt.body))
			req.Header.Set("Authorization", "Bearer "+tt.bearer)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != tt.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tt.status)
			}
		})
	}
	if slices.Contains(dead.calls, "purge webhooks []") {
		t.Error("something was purged")
	}
}
