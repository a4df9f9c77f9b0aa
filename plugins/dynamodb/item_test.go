package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func n(s string) types.AttributeValue   { return &types.AttributeValueMemberN{Value: s} }
func flag(b bool) types.AttributeValue  { return &types.AttributeValueMemberBOOL{Value: b} }
func null() types.AttributeValue        { return &types.AttributeValueMemberNULL{Value: true} }
func binaryValue() types.AttributeValue { return &types.AttributeValueMemberB{Value: []byte("x")} }

func listOf(s ...string) types.AttributeValue {
	l := &types.AttributeValueMemberL{}
	for _, e := range s {
		l.Value = append(l.Value, text(e))
	}
	return l
}

// with returns an item with credentials and these attributes.
func with(attributes item) item {
	it := item{attrID: text("a"), attrKey: text("k"), attrSecret: text("s")}
	for name, value := range attributes {
		it[name] = value
	}
	return it
}

func TestItemsAreReadInEitherForm(t *testing.T) {
	u := func(v uint32) *uint32 { return &v }
	plain := contract.App{ID: "a", Key: "k", Secrets: []contract.Secret{"s"}, Enabled: true}
	for name, test := range map[string]struct {
		it   item
		want func(*contract.App)
	}{
		"credentials alone":    {with(nil), func(*contract.App) {}},
		"disabled":             {with(item{"enabled": flag(false)}), func(a *contract.App) { a.Enabled = false }},
		"two secrets":          {with(item{"secrets": listOf("s", "old")}), func(a *contract.App) { a.Secrets = append(a.Secrets, "old") }},
		"a revision":           {with(item{"revision": n("7")}), func(a *contract.App) { a.Revision = 7 }},
		"attributes of others": {with(item{"created_at": binaryValue(), "team": n("1")}), func(*contract.App) {}},
		"the flat form": {with(item{
			"max_connections": n("5"), "max_event_batch_size": n("1E+2"), "enable_client_messages": flag(true), "max_channel_name_length": null(),
			"allowed_origins": listOf("https://a.example"), "webhooks": text(`[{"url":"https://h.example","event_types":["x"]}]`),
			"idempotency": text("null"),
		}), func(a *contract.App) {
			a.Limits.MaxConnections, a.Limits.MaxEventBatchSize, a.Features.ClientMessages = u(5), u(100), true
			a.AllowedOrigins = []string{"https://a.example"}
			a.Webhooks = []contract.Webhook{{URL: "https://h.example", EventTypes: []string{"x"}}}
		}},
		"a policy, which takes the place of the flat form": {with(item{
			"policy": text(`{"limits":{"max_connections":"9"}}`), "max_connections": n("5"), "max_event_batch_size": text("nonsense"),
		}), func(a *contract.App) { a.Limits.MaxConnections = u(9) }},
		"a policy that is null":          {with(item{"policy": null(), "max_connections": n("5")}), func(a *contract.App) { a.Limits.MaxConnections = u(5) }},
		"a policy that is the text null": {with(item{"policy": text(" null"), "max_connections": n("5")}), func(a *contract.App) { a.Limits.MaxConnections = u(5) }},
	} {
		t.Run(name, func(t *testing.T) {
			want := plain
			test.want(&want)
			got, err := appjson.DecodeFields(test.it)
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
	for want, it := range map[string]item{
		"policy: must be an object, found a list":                         with(item{"policy": text("[]")}),
		"policy: is not valid JSON":                                       with(item{"policy": text(`{"limits":`)}),
		"policy: is not valid JSON: unexpected end":                       with(item{"policy": text("")}),
		"policy: must be an object, found a string":                       with(item{"policy": text(`"{}"`)}),
		"policy: must be text (S) that is a JSON object, found a map (M)": with(item{"policy": &types.AttributeValueMemberM{}}),
		"policy.limits.max_connections: must be a whole number":           with(item{"policy": text(`{"limits":{"max_connections":1.5}}`)}),
		"policy.limits: must be an object":                                with(item{"policy": text(`{"limits":[]}`)}),
		"policy.webhooks[0].url: must be":                                 with(item{"policy": text(`{"webhooks":[{"url":"x","event_types":[]}]}`)}),
		"max_connections: must be a whole number, found true":             with(item{"max_connections": flag(true)}),
		"max_connections: must be from 0 to 4294967295":                   with(item{"max_connections": n("-1")}),
		"enable_client_messages: must be true or false":                   with(item{"enable_client_messages": n("1")}),
		"webhooks: is not valid JSON":                                     with(item{"webhooks": text("nonsense")}),
		"webhooks: must be a list, found an object":                       with(item{"webhooks": text("{}")}),
		"allowed_origins: cannot be binary data (B)":                      with(item{"allowed_origins": binaryValue()}),
		"enabled: must be true or false, found \"yes\"":                   with(item{"enabled": text("yes")}),
		"key: must not be empty":                                          with(item{"key": text("")}),
		"secret: must not be empty":                                       with(item{"secret": null()}),
		"secret: must be a string, found a number":                        with(item{"secret": n("1")}),
		"revision: must be a number (N), found text (S)":                  with(item{"revision": text("1")}),
		"revision: must be a whole number that is not negative":           with(item{"revision": n("-1")}),
		"max_connections: is a number that cannot be read":                with(item{"max_connections": n("0x1")}),
		"allowed_origins: is nested too deep":                             with(item{"allowed_origins": deep(40)}),
	} {
		app, err := appjson.DecodeFields(it)
		if err == nil || !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got app %v, error %v, want %q", app != nil, err, want)
		}
	}
}

func deep(n int) types.AttributeValue {
	value := listOf()
	for range n {
		value = &types.AttributeValueMemberL{Value: []types.AttributeValue{value}}
	}
	return value
}

func TestAWrittenItemIsReadAgain(t *testing.T) {
	for _, app := range plugintest.SampleApps() {
		before := with(item{"team": text("a"), "max_connections": n("5"), "secrets": listOf("x", "y"), "policy": text("[]")})
		it, err := (*store)(nil).Encode(app, before, 12)
		if err != nil {
			t.Fatal(err)
		}
		if it["team"] != before["team"] || it["max_connections"] != nil {
			t.Errorf("app %s: what is another's must stay and the flat form go: %v", app.ID, it)
		}
		got, err := appjson.DecodeFields(it)
		if err != nil {
			t.Fatal(err)
		}
		want := *app
		want.Revision = 12
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// FuzzItem: whatever stands in an item, it is read or refused; and a policy that
// is there is read, for an app must not lose its limits.
func FuzzItem(f *testing.F) {
	for _, seed := range [][3]string{
		{"policy", `{"limits":{"max_connections":1}}`, "S"},
		{"policy", "[]", "S"},
		{"policy", "null", "S"},
		{"policy", "1", "N"},
		{"max_connections", "1e3", "N"},
		{"webhooks", "[]", "S"},
		{"revision", "9", "N"},
		{"enabled", "x", "L"},
		{"secrets", "a", "SS"},
		{"id", "", "M"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, name, content, typ string) {
		value := valueOf(typ, content)
		_, isText := value.(*types.AttributeValueMemberS)
		it := with(item{"policy": text(`{"limits":{"max_connections":1}}`), name: value})
		app, err := appjson.DecodeFields(it)
		switch {
		case err != nil:
			if !errors.Is(err, contract.ErrInvalid) || app != nil {
				t.Fatalf("app %v and error %v", app, err)
			}
		case name != attrPolicy && (app.Limits.MaxConnections == nil || *app.Limits.MaxConnections != 1):
			t.Fatalf("the limit is lost with %s = %q", name, content)
		case name == attrPolicy && !isText && typ != "NULL":
			t.Fatalf("a policy of type %s was read", typ)
		}
		if err == nil {
			if _, err := (*store)(nil).Encode(app, it, 1); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// valueOf makes an attribute of a type by its short name.
func valueOf(typ, content string) types.AttributeValue {
	switch typ {
	case "N":
		return n(content)
	case "BOOL":
		return flag(content != "")
	case "NULL":
		return null()
	case "L":
		return listOf(content)
	case "SS":
		return &types.AttributeValueMemberSS{Value: []string{content}}
	case "M":
		return &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{content: n(content)}}
	case "B":
		return binaryValue()
	default:
		return text(content)
	}
}
