package appjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

func TestWhatEncodeWritesDecodeReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		app := drawApp(t)
		full, err := appjson.Encode(app, appjson.WithSecrets())
		if err != nil {
			t.Fatal(err)
		}
		sameApp(t, "both forms", app, full)
		sameApp(t, "flat form alone", app, without(t, full, "policy"))

		policy, err := appjson.EncodePolicy(app)
		if err != nil {
			t.Fatal(err)
		}
		got := &contract.App{ID: app.ID, Key: app.Key, Secrets: app.Secrets, Enabled: app.Enabled}
		if err := appjson.DecodePolicy(got, policy); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(app, got); diff != "" {
			t.Fatalf("policy alone (-want +got):\n%s", diff)
		}
	})
}

func TestEncodeLeavesSecretsOut(t *testing.T) {
	app := &contract.App{ID: "1", Key: "k", Secrets: []contract.Secret{"hunter2", "hunter1"}, Enabled: true}
	doc, err := appjson.Encode(app)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(doc), "hunter") || strings.Contains(string(doc), "secret") {
		t.Errorf("document holds a secret: %s", doc)
	}
	got, err := appjson.Decode(doc, appjson.SecretsElsewhere())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&contract.App{ID: "1", Key: "k", Enabled: true}, got); diff != "" {
		t.Errorf("app (-want +got):\n%s", diff)
	}
}

func TestEncodeKeepsExtraFromContradictingTheApp(t *testing.T) {
	app := &contract.App{
		ID: "1", Key: "k",
		Extra: json.RawMessage(`{"limits":{"max_connections":5,"max_moons":1},"webhooks":[],"history":{}}`),
	}
	doc, err := appjson.EncodePolicy(app)
	if err != nil {
		t.Fatal(err)
	}
	got := &contract.App{ID: "1", Key: "k"}
	if err := appjson.DecodePolicy(got, doc); err != nil {
		t.Fatal(err)
	}
	want := &contract.App{ID: "1", Key: "k", Extra: json.RawMessage(`{"history":{},"limits":{"max_moons":1}}`)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("app (-want +got):\n%s", diff)
	}
	app.Extra = json.RawMessage(`[]`)
	if _, err := appjson.Encode(app); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("Encode with a list as Extra = %v, want ErrInvalid", err)
	}
}

// FuzzDecode holds the promises of Decode against any input: no panic, no app
// beside an error, no limit that was written and is gone, and nothing that
// changes when the app is written and read again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"1","key":"k","secret":"s","enabled":true,"max_connections":"10"}`))
	f.Add([]byte(`{"id":"1","key":"k","secrets":["a","b"],"policy":{"limits":{"max_connections":1e2},"x":{"y":[null]}}}`))
	f.Add([]byte(`{"id":"1","key":"k","secret":"s","policy":{"webhooks":[{"url":"http://x","event_types":["e"],"filter":{"channel_prefix":"p"},"retry":{}}]}}`))
	f.Add([]byte(`{"id":"1","key":"k","secret":"s","policy":{"limits":{"message_rate_limit":{"max_attempts":1}},"channels":{"allowed_origins":["*"]}}}`))
	f.Add([]byte(`{"policy":{"limits":{"max_connections":-1}}}`))
	f.Add([]byte(`{"id":"0","key":"0","secret":"0","policy":{"limits":{"allowed_origins":[]}}}`))
	f.Add([]byte(`[[[[`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		app, err := appjson.Decode(doc)
		if err != nil {
			if app != nil || !errors.Is(err, contract.ErrInvalid) {
				t.Fatalf("Decode = %v, %v", app, err)
			}
			return
		}
		if limitWritten(doc) && app.Limits.MaxConnections == nil {
			t.Fatal("max_connections is in the document and not in the app")
		}
		again, err := appjson.Encode(app, appjson.WithSecrets())
		if err != nil {
			t.Fatal(err)
		}
		sameApp(t, "written and read again", app, again)
	})
}

// limitWritten reads the document the short way, to see whether the connection
// limit stands where it counts.
func limitWritten(doc []byte) bool {
	var flat map[string]json.RawMessage
	if json.Unmarshal(doc, &flat) != nil {
		return false
	}
	where := flat
	if policy, ok := flat["policy"]; ok && string(policy) != "null" {
		var nested map[string]map[string]json.RawMessage
		if json.Unmarshal(policy, &nested) != nil {
			return false
		}
		where = nested["limits"]
	}
	raw, ok := where["max_connections"]
	return ok && string(raw) != "null"
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func sameApp(t fataler, what string, want *contract.App, doc []byte) {
	t.Helper()
	got, err := appjson.Decode(doc)
	if err != nil {
		t.Fatalf("%s: %v\n%s", what, err, doc)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func without(t *rapid.T, doc []byte, field string) []byte {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(doc, &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, field)
	rest, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return rest
}
