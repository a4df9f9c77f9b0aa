package appadmin

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// open returns a service over apps, and a list of what it told.
func open(apps ...*contract.App) (*Service, *store, *[]string) {
	s, told := &store{apps: apps}, &[]string{}
	return New(Options{
		Store: Fixed(s.list), Writer: s,
		Learned: func(a *contract.App) { *told = append(*told, fmt.Sprintf("learned %s %d", a.ID, a.Revision)) },
		Lost:    func(id string) { *told = append(*told, "lost "+id) },
	}), s, told
}

func demo() *contract.App {
	most := uint32(5)
	return &contract.App{
		ID: "1", Key: "k", Secrets: []contract.Secret{"s3cret"}, Enabled: true, Revision: 4,
		Limits:   contract.Limits{MaxConnections: &most},
		Webhooks: []contract.Webhook{{URL: "https://x.example", EventTypes: []string{"cache_miss"}, Headers: map[string]string{"Authorization": "t0ken"}}},
		Extra:    json.RawMessage(`{"history":{"enabled":true}}`),
	}
}

func shown(t *testing.T, doc json.RawMessage, err error) map[string]any {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(doc, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestSecretsAreHiddenUnlessAskedFor(t *testing.T) {
	s, _, _ := open(demo())
	page, err := s.List(t.Context(), "", 10, false)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := s.Show(t.Context(), "1", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(plain), fmt.Sprintf("%s", page.Apps)} {
		if strings.Contains(text, "s3cret") || strings.Contains(text, "t0ken") || !strings.Contains(text, `"revision":4`) {
			t.Error(text)
		}
	}
	doc, err := s.Show(t.Context(), "1", true)
	if app := shown(t, doc, err); app["secret"] != "s3cret" || !strings.Contains(string(doc), "t0ken") {
		t.Errorf("%s", doc)
	}
}

func TestListGoesPageByPage(t *testing.T) {
	var apps []*contract.App
	for i := range 5 {
		apps = append(apps, &contract.App{ID: fmt.Sprint(i), Key: fmt.Sprint("k", i)})
	}
	s, _, _ := open(apps...)
	var seen []string
	for page := ""; ; {
		p, err := s.List(t.Context(), page, 2, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range p.Apps {
			seen = append(seen, shown(t, doc, nil)["id"].(string))
		}
		if page = p.Next; page == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"0", "1", "2", "3", "4"}, seen); diff != "" {
		t.Error(diff)
	}
	if _, err := s.List(t.Context(), "x", 2, false); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("page x: %v", err)
	}
}

func TestAddMakesUpWhatIsMissing(t *testing.T) {
	s, st, told := open()
	doc, err := s.Add(t.Context(), json.RawMessage(`{"id":"2","max_connections":9}`), true)
	app := shown(t, doc, err)
	if key, secret := app["key"].(string), app["secret"].(string); len(key) != keyLetters || len(secret) < 26 || app["enabled"] != true || app["max_connections"] != 9.0 {
		t.Errorf("%s", doc)
	}
	if len(st.apps) != 1 || (*told)[0] != "learned 2 1" {
		t.Errorf("stored %d, told %v", len(st.apps), *told)
	}
	nested := `{"id":"3","key":"k3","secret":"s","enabled":false,"policy":{"limits":{"max_connections":1},"history":{"days":2}}}`
	if _, err := s.Add(t.Context(), json.RawMessage(nested), false); err != nil {
		t.Fatal(err)
	}
	if got := st.apps[1]; got.Enabled || *got.Limits.MaxConnections != 1 || !strings.Contains(string(got.Extra), "days") {
		t.Errorf("%+v", got)
	}
}

func TestChangeMerges(t *testing.T) {
	s, st, told := open(demo())
	doc, err := s.Change(t.Context(), "1", json.RawMessage(`{"max_connections":null,"enable_client_messages":true,
		"message_rate_limit":{"enabled":true,"max_attempts":3},"allowed_origins":["https://a.example"]}`), 4, false)
	app := shown(t, doc, err)
	if _, there := app["max_connections"]; there || app["enable_client_messages"] != true || app["revision"] != 5.0 {
		t.Errorf("%s", doc)
	}
	got := st.apps[0]
	if got.Secret() != "s3cret" || got.Webhooks[0].Headers["Authorization"] != "t0ken" || string(got.Extra) != `{"history":{"enabled":true}}` {
		t.Errorf("something that was not named has changed: %+v", got)
	}
	if got.Limits.MessageRateLimit.MaxAttempts != 3 || (*told)[0] != "learned 1 5" {
		t.Errorf("%+v, told %v", got.Limits.MessageRateLimit, *told)
	}
	if _, err := s.Change(t.Context(), "1", json.RawMessage(`{"secret":"other"}`), 0, false); err != nil || len(st.apps[0].Secrets) != 1 {
		t.Errorf("%v, %d secrets", err, len(st.apps[0].Secrets))
	}
}

func TestRotation(t *testing.T) {
	s, st, _ := open(demo())
	for i, how := range []Rotation{{}, {}, {DropOld: true}} {
		before := st.apps[0].Secret()
		if _, err := s.RotateSecret(t.Context(), "1", how, false); err != nil {
			t.Fatal(err)
		}
		secrets := st.apps[0].Secrets
		if secrets[0] == before || how.DropOld != (len(secrets) == 1) || !how.DropOld && secrets[1] != before {
			t.Errorf("rotation %d: %d secrets", i, len(secrets))
		}
	}
}

func TestRemove(t *testing.T) {
	s, st, told := open(demo())
	if err := s.Remove(t.Context(), "1", 3); !errors.Is(err, contract.ErrConflict) {
		t.Errorf("got %v", err)
	}
	if err := s.Remove(t.Context(), "1", 4); err != nil || len(st.apps) != 0 || (*told)[0] != "lost 1" {
		t.Errorf("%v, %d apps, told %v", err, len(st.apps), *told)
	}
	if err := s.Remove(t.Context(), "1", 0); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestAChangeThatComesBetween(t *testing.T) {
	s, st, _ := open(demo())
	other := func() {
		next := *st.apps[0]
		next.Enabled = false
		next.Revision++
		st.apps[0] = &next
	}
	st.meanwhile = other
	doc, err := s.Change(t.Context(), "1", json.RawMessage(`{"max_connections":8}`), 0, false)
	if app := shown(t, doc, err); app["enabled"] != false || app["max_connections"] != 8.0 {
		t.Errorf("one of two changes is lost: %s", doc)
	}
	st.meanwhile = other
	if _, err := s.Change(t.Context(), "1", json.RawMessage(`{"revision":6,"max_connections":9}`), 0, false); !errors.Is(err, contract.ErrConflict) {
		t.Errorf("a change of the revision that was seen: %v", err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	other := &contract.App{ID: "2", Key: "k2", Secrets: []contract.Secret{"s"}}
	s, st, told := open(demo(), other)
	change := func(id, patch string, revision uint64) error {
		_, err := s.Change(t.Context(), id, json.RawMessage(patch), revision, false)
		return err
	}
	add := func(doc string) error { _, err := s.Add(t.Context(), json.RawMessage(doc), false); return err }
	tests := []struct {
		err  error
		kind error
		says string
	}{
		{change("9", `{"enabled":true}`, 0), contract.ErrNotFound, `no app has the id "9"`},
		{change("1", `[]`, 0), contract.ErrInvalid, "must be a JSON object"},
		{change("1", `{}`, 0), contract.ErrInvalid, "names no field"},
		{change("1", `{"max_conections":1}`, 0), contract.ErrInvalid, "unknown: max_conections"},
		{change("1", `{"max_connections":-1}`, 0), contract.ErrInvalid, "max_connections"},
		{change("1", `{"id":"3"}`, 0), contract.ErrInvalid, "cannot be changed"},
		{change("1", `{"secret":null}`, 0), contract.ErrInvalid, "secret"},
		{change("1", `{"secret":"[redacted]"}`, 0), contract.ErrInvalid, "stands for one that was not shown"},
		{change("1", `{"webhooks":[{"url":"https://x.example","event_types":["cache_miss"],"headers":{"A":"[redacted]"}}]}`, 0), contract.ErrInvalid, "webhooks[0].headers"},
		{change("1", `{"enabled":true}`, 3), contract.ErrConflict, "at revision 4 now, not 3"},
		{change("1", `{"revision":"x","enabled":true}`, 0), contract.ErrInvalid, "revision must be"},
		{change("1", `{"key":"k2"}`, 0), contract.ErrConflict, `another app has the key "k2"`},
		{add(`{"id":"1"}`), contract.ErrConflict, `the id "1"`},
		{add(`{"key":"k3"}`), contract.ErrInvalid, "id: must not be empty"},
		{add(`null`), contract.ErrInvalid, "must be a JSON object"},
	}
	for i, tt := range tests {
		if !errors.Is(tt.err, tt.kind) || !strings.Contains(tt.err.Error(), tt.says) {
			t.Errorf("%d: %v, want %q", i, tt.err, tt.says)
		}
	}
	if len(*told) > 0 || len(st.apps) != 2 {
		t.Errorf("told %v, %d apps", *told, len(st.apps))
	}
}

func TestStoresThatCannotBeChanged(t *testing.T) {
	fixed := New(Options{Store: Fixed(func() []*contract.App { return []*contract.App{demo()} }), ReadOnly: "apps are those of the file"})
	lacking, st, _ := open(demo())
	st.err = contract.ErrUnsupported
	for says, s := range map[string]*Service{"apps are those of the file": fixed, "the driver of app_manager cannot change apps": lacking} {
		_, add := s.Add(t.Context(), json.RawMessage(`{"id":"2"}`), false)
		_, change := s.Change(t.Context(), "1", json.RawMessage(`{"enabled":true}`), 0, false)
		_, rotate := s.RotateSecret(t.Context(), "1", Rotation{}, false)
		for _, err := range []error{add, change, rotate, s.Remove(t.Context(), "1", 0)} {
			if !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), says) {
				t.Errorf("%v, want %q", err, says)
			}
		}
	}
}

// A document from outside is an app or an error, and what is accepted can be
// shown and read again.
func FuzzDocuments(f *testing.F) {
	f.Add([]byte(`{"id":"1","key":"k","secret":"s","max_connections":"5"}`))
	f.Add([]byte(`{"id":"1","policy":{"limits":{},"x":[1]}}`))
	f.Add([]byte(`{"webhooks":[{"url":"https://x.example","event_types":["a"]}],"message_rate_limit":{"enabled":true}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		if p, err := readPatch(doc); err == nil {
			_, _ = p.apply(demo())
		}
		app, err := newApp(doc)
		if err != nil {
			return
		}
		again, err := show(app, true)
		if err != nil {
			return // a policy may hold what cannot be written back
		}
		if _, err := newApp(again); err != nil {
			t.Errorf("%s is shown as %s: %v", doc, again, err)
		}
	})
}
