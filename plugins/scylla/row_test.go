package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// with returns a row with credentials and these columns.
func with(columns map[string]any) row {
	r := row{colID: {value: "a"}, colKey: {value: "k"}, colSecret: {value: "s"}}
	for name, value := range columns {
		r[name] = cell{value: value}
	}
	return r
}

type columns = map[string]any

func TestRowsAreReadInEitherForm(t *testing.T) {
	u := func(v uint32) *uint32 { return &v }
	plain := contract.App{ID: "a", Key: "k", Secrets: []contract.Secret{"s"}, Enabled: true}
	for name, test := range map[string]struct {
		columns columns
		want    func(*contract.App)
	}{
		"credentials alone": {nil, func(*contract.App) {}},
		"disabled":          {columns{"enabled": false}, func(a *contract.App) { a.Enabled = false }},
		"two secrets":       {columns{"secrets": []string{"s", "old"}}, func(a *contract.App) { a.Secrets = append(a.Secrets, "old") }},
		"a revision":        {columns{"revision": int64(7)}, func(a *contract.App) { a.Revision = 7 }},
		"the flat form": {columns{
			"max_connections": int64(5), "enable_client_messages": true, "allowed_origins": `["https://a.example"]`,
			"webhooks": `[{"url":"https://h.example","event_types":["x"]}]`, "idempotency": "null",
		}, func(a *contract.App) {
			a.Limits.MaxConnections, a.Features.ClientMessages = u(5), true
			a.AllowedOrigins = []string{"https://a.example"}
			a.Webhooks = []contract.Webhook{{URL: "https://h.example", EventTypes: []string{"x"}}}
		}},
		"a policy, which takes the place of the flat form": {columns{
			"policy": `{"limits":{"max_connections":"9"}}`, "max_connections": int64(5), "webhooks": "nonsense",
		}, func(a *contract.App) { a.Limits.MaxConnections = u(9) }},
		"a policy that is the text null": {columns{"policy": " null", "max_connections": int64(5)}, func(a *contract.App) { a.Limits.MaxConnections = u(5) }},
	} {
		t.Run(name, func(t *testing.T) {
			want := plain
			test.want(&want)
			got, err := appjson.DecodeFields(with(test.columns))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// An app of which a part cannot be read is no app, and the error says which part.
func TestWhatCannotBeReadIsNoApp(t *testing.T) {
	for want, of := range map[string]columns{
		"policy: must be an object, found a list":                {"policy": "[]"},
		"policy: is not valid JSON: unexpected end":              {"policy": ""},
		"policy: is not valid JSON":                              {"policy": `{"limits":`},
		"policy: must be text that is a JSON object":             {"policy": []string{"{}"}},
		"policy.limits.max_connections: must be a whole number":  {"policy": `{"limits":{"max_connections":true}}`},
		"max_connections: must be from 0 to 4294967295":          {"max_connections": int64(-1)},
		"max_connections: must be a whole number, found true":    {"max_connections": true},
		"enable_client_messages: must be true or false, found 1": {"enable_client_messages": int64(1)},
		"webhooks: is not valid JSON":                            {"webhooks": "nonsense"},
		"webhooks: must be a list, found an object":              {"webhooks": "{}"},
		"key: must not be empty":                                 {"key": nil},
		"secret: must not be empty":                              {"secret": ""},
		"revision: must be a whole number that is not negative":  {"revision": int64(-1)},
		"revision: must be a whole number":                       {"revision": "1"},
	} {
		app, err := appjson.DecodeFields(with(of))
		if err == nil || !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got app %v, error %v, want %q", app != nil, err, want)
		}
	}
}

func TestCellsTellNullFromNothing(t *testing.T) {
	for name, test := range map[string]struct {
		typ     gocql.Type
		data    []byte
		value   any
		problem string
	}{
		"null":             {gocql.TypeInt, nil, nil, ""},
		"empty number":     {gocql.TypeInt, []byte{}, nil, "is empty"},
		"empty text":       {gocql.TypeVarchar, []byte{}, "", ""},
		"number":           {gocql.TypeInt, []byte{0, 0, 0, 5}, int64(5), ""},
		"large number":     {gocql.TypeVarint, []byte{1, 0, 0, 0, 0}, int64(1 << 32), ""},
		"too large":        {gocql.TypeVarint, []byte{1, 0, 0, 0, 0, 0, 0, 0, 0}, nil, "cannot be read"},
		"boolean":          {gocql.TypeBoolean, []byte{1}, true, ""},
		"of another type":  {gocql.TypeBlob, []byte("x"), nil, "is of a type that has no place here"},
		"number too short": {gocql.TypeInt, []byte{1}, nil, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			var c cell
			if err := c.UnmarshalCQL(gocql.NewNativeType(protocol, test.typ, ""), test.data); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.value, c.value); diff != "" || !strings.Contains(c.problem, test.problem) || (c.problem == "") != (test.problem == "") {
				t.Errorf("value %v, problem %q, want %v and %q", c.value, c.problem, test.value, test.problem)
			}
		})
	}
}

func TestAWrittenRowIsReadAgain(t *testing.T) {
	for _, app := range plugintest.SampleApps() {
		r, err := (*store)(nil).Encode(app, nil, 12)
		if err != nil {
			t.Fatal(err)
		}
		got, err := appjson.DecodeFields(r)
		if err != nil {
			t.Fatal(err)
		}
		want := *app
		want.Revision = 12
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if values := r.values(time.Time{}); len(values) != len(changeable) || !r.is(r) || r.is(nil) || row(nil).is(r) || !row(nil).is(nil) {
			t.Errorf("values %v", values)
		}
	}
}

var natives = []gocql.Type{
	gocql.TypeVarchar, gocql.TypeText, gocql.TypeAscii, gocql.TypeInt, gocql.TypeBigInt, gocql.TypeSmallInt, gocql.TypeTinyInt,
	gocql.TypeVarint, gocql.TypeCounter, gocql.TypeBoolean, gocql.TypeList, gocql.TypeSet, gocql.TypeBlob, gocql.TypeDouble,
	gocql.TypeTimestamp, gocql.TypeUUID,
}

// FuzzRow: whatever bytes stand in a column of whatever type, the row is read
// or refused; and a policy that is there is read, for an app must not lose its limits.
func FuzzRow(f *testing.F) {
	for _, seed := range []struct {
		name, data string
		typ        gocql.Type
	}{
		{"policy", `{"limits":{"max_connections":1}}`, gocql.TypeVarchar},
		{"policy", "[]", gocql.TypeVarchar},
		{"policy", "null", gocql.TypeVarchar},
		{"policy", "\x01", gocql.TypeBoolean},
		{"max_connections", "\x00\x00\x00\x01", gocql.TypeInt},
		{"webhooks", "[]", gocql.TypeVarchar},
		{"revision", "\x7f\xff\xff\xff\xff\xff\xff\xff", gocql.TypeBigInt},
		{"enabled", "", gocql.TypeBoolean},
		{"key", "\xff", gocql.TypeVarchar},
		{"id", "\x01\x02", gocql.TypeVarint},
		{"secrets", "a\xf2\xb8i", gocql.TypeSet}, // says that it has a milliard texts
	} {
		f.Add(seed.name, []byte(seed.data), uint8(slices.Index(natives, seed.typ)))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte, typ uint8) {
		var c cell
		info := gocql.NewNativeType(protocol, natives[int(typ)%len(natives)], "text")
		if err := c.UnmarshalCQL(info, data); err != nil {
			t.Fatal(err)
		}
		r := with(columns{"policy": `{"limits":{"max_connections":1}}`})
		r[name] = c
		app, err := appjson.DecodeFields(r)
		switch {
		case err != nil:
			if !errors.Is(err, contract.ErrInvalid) || app != nil {
				t.Fatalf("app %v and error %v", app, err)
			}
		case name != colPolicy && (app.Limits.MaxConnections == nil || *app.Limits.MaxConnections != 1):
			t.Fatalf("the limit is lost with %s = %q", name, data)
		case name == colPolicy && data != nil && !isText(info):
			t.Fatalf("a policy of type %v was read", info.Type())
		}
		if err == nil {
			if _, err := (*store)(nil).Encode(app, r, 1); err != nil {
				t.Fatal(err)
			}
		}
	})
}
