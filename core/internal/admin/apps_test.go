package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/appadmin"
	"github.com/jackfield/jackfield/sdk/contract"
)

// recorder is an administration of apps that notes what it is asked.
type recorder struct {
	calls []string
	err   error
}

var doc = json.RawMessage(`{"id":"a/b"}`)

func (r *recorder) note(format string, args ...any) (json.RawMessage, error) {
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
	return doc, r.err
}

func (r *recorder) List(_ context.Context, page string, limit int, secrets bool) (appadmin.Page, error) {
	_, err := r.note("list %q %d %v", page, limit, secrets)
	if errors.Is(err, contract.ErrNotFound) || errors.Is(err, contract.ErrConflict) {
		err = contract.ErrInvalid // a list is always there
	}
	return appadmin.Page{Apps: []json.RawMessage{doc}, Next: "n"}, err
}

func (r *recorder) Show(_ context.Context, id string, secrets bool) (json.RawMessage, error) {
	return r.note("show %s %v", id, secrets)
}

func (r *recorder) Add(_ context.Context, doc json.RawMessage, secrets bool) (json.RawMessage, error) {
	return r.note("add %s %v", doc, secrets)
}

func (r *recorder) Change(_ context.Context, id string, patch json.RawMessage, revision uint64, secrets bool) (json.RawMessage, error) {
	return r.note("change %s %s %d %v", id, patch, revision, secrets)
}

func (r *recorder) RotateSecret(_ context.Context, id string, how appadmin.Rotation, secrets bool) (json.RawMessage, error) {
	return r.note("rotate %s %v %v", id, how, secrets)
}

func (r *recorder) Remove(_ context.Context, id string, revision uint64) error {
	_, err := r.note("remove %s %d", id, revision)
	return err
}

// ask makes every call once and returns the errors.
func ask(ctx context.Context, a appadmin.Admin) []error {
	_, list := a.List(ctx, "p", 7, true)
	_, show := a.Show(ctx, "a/b", false)
	_, add := a.Add(ctx, doc, true)
	_, change := a.Change(ctx, "a/b", doc, 1<<63, false)
	_, rotate := a.RotateSecret(ctx, "a/b", appadmin.Rotation{DropOld: true, Revision: 3}, true)
	return []error{list, show, add, change, rotate, a.Remove(ctx, "a/b", 4)}
}

func TestClientAndServerAgreeOnApps(t *testing.T) {
	direct, served := &recorder{}, &recorder{}
	s := serve(t, Options{Token: token, Apps: served})
	if err := errors.Join(ask(t.Context(), Client{URL: s.URL, Token: token})...); err != nil {
		t.Fatal(err)
	}
	_ = ask(t.Context(), direct)
	if diff := cmp.Diff(direct.calls, served.calls); diff != "" {
		t.Error(diff)
	}
	page, err := Client{URL: s.URL, Token: token}.List(t.Context(), "", 1, false)
	if err != nil || page.Next != "n" || string(page.Apps[0]) != string(doc) {
		t.Errorf("%v, %v", page, err)
	}
}

func TestErrorsArriveAsTheyWere(t *testing.T) {
	for _, want := range []error{contract.ErrInvalid, contract.ErrNotFound, contract.ErrConflict, contract.ErrUnsupported, contract.ErrOverloaded} {
		s := serve(t, Options{Token: token, Apps: &recorder{err: fmt.Errorf("%w: because", want)}})
		for i, err := range ask(t.Context(), Client{URL: s.URL, Token: token}) {
			if i == 0 { // the list has no such errors
				continue
			}
			if !errors.Is(err, want) || !strings.Contains(err.Error(), "because") {
				t.Errorf("call %d: %v, want %v", i, err, want)
			}
		}
	}
	s := serve(t, Options{Token: token, Apps: &recorder{err: contract.ErrUnavailable}})
	for _, err := range ask(t.Context(), Client{URL: s.URL, Token: token}) {
		if err == nil || !strings.Contains(err.Error(), "502") {
			t.Errorf("got %v", err)
		}
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	r := &recorder{}
	s := serve(t, Options{Token: token, Apps: r})
	tests := map[string]struct{ method, path, body string }{
		"revision of a change":   {"PATCH", "/admin/apps/a?revision=x", "{}"},
		"revision of a deletion": {"DELETE", "/admin/apps/a?revision=-1", ""},
		"limit":                  {"GET", "/admin/apps?limit=0", ""},
		"rotation":               {"POST", "/admin/apps/a/rotate-secret", "[]"},
		"body that is too long":  {"POST", "/admin/apps", strings.Repeat(" ", maxDocument+1)},
	}
	for name, tt := range tests {
		req, _ := http.NewRequest(tt.method, s.URL+tt.path, strings.NewReader(tt.body))
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	if len(r.calls) > 0 {
		t.Errorf("it was asked %v", r.calls)
	}
}

func TestWrongTokensAreLimited(t *testing.T) {
	var now int64
	s := serve(t, Options{Token: token, Apps: &recorder{}, Now: func() int64 { return now }})
	try := func(token contract.Secret) string {
		_, err := Client{URL: s.URL, Token: token}.Show(t.Context(), "a", false)
		if err == nil {
			return "ok"
		}
		return strings.Fields(err.Error())[3]
	}
	for range 3 * wrongTokens { // a right one takes nothing away
		if got := try(token); got != "ok" {
			t.Fatal(got)
		}
	}
	for range wrongTokens {
		if got := try("wrong"); got != "401:" {
			t.Fatal(got)
		}
	}
	if wrong, right := try("wrong"), try(token); wrong != "429:" || right != "429:" {
		t.Errorf("afterwards %s and %s: who guesses must not learn which is right", wrong, right)
	}
	now += int64(wrongWindow)
	if got := try(token); got != "ok" {
		t.Errorf("a minute later: %s", got)
	}
}

func TestANetworkIsOneSource(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "[2001:db8::1]:80": "2001:db8::/64", "[::ffff:192.0.2.1]:80": "192.0.2.1",
		"[fe80::1%eth0]:80": "fe80::/64", "@": "@",
	} {
		if got := source(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}
