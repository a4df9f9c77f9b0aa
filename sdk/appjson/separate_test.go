package appjson

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
)

// columns are fields as a store has them, each as JSON.
type columns map[string]string

func (c columns) Field(name string, _ FieldKind) (json.RawMessage, string) {
	if text, there := c[name]; there {
		return FieldOfText(text)
	}
	return nil, ""
}

func (c columns) Policy() (text string, there bool, problem string) {
	if c["policy"] == "blob" {
		return "", true, "must be text"
	}
	text, there = c["policy"]
	return text, there, ""
}

func (c columns) Revision() (uint64, string) {
	if c["revision"] == "x" {
		return 0, "is no number"
	}
	return uint64(len(c["revision"])), ""
}

// with returns fields with credentials beside.
func with(more columns) columns {
	all := columns{"id": `"a"`, "key": `"k"`, "secret": `"s"`}
	for name, text := range more {
		all[name] = text
	}
	return all
}

func TestSeparateFieldsAreReadInEitherForm(t *testing.T) {
	for name, test := range map[string]struct {
		from columns
		most uint32 // max_connections; 0 means none
	}{
		"credentials alone":   {with(nil), 0},
		"the flat form":       {with(columns{"max_connections": "5"}), 5},
		"a policy":            {with(columns{"policy": `{"limits":{"max_connections":9}}`, "max_connections": "5", "webhooks": "nonsense"}), 9},
		"a policy of null":    {with(columns{"policy": " null", "max_connections": "5"}), 5},
		"an unknown field":    {with(columns{"team": "nonsense"}), 0},
		"a policy without it": {with(columns{"policy": `{}`, "max_connections": "5"}), 0},
	} {
		test.from["revision"] = "1234"
		app, err := DecodeFields(test.from)
		if err != nil || app.ID != "a" || !app.Enabled || app.Revision != 4 {
			t.Errorf("%s: %+v, %v", name, app, err)
			continue
		}
		if most := app.Limits.MaxConnections; (most != nil) != (test.most > 0) || most != nil && *most != test.most {
			t.Errorf("%s: the limit is %v", name, most)
		}
	}
}

func TestAllThatIsWrongWithSeparateFieldsIsSaid(t *testing.T) {
	for want, from := range map[string]columns{
		"policy: must be text; revision: is no number; key: must not be empty":       with(columns{"policy": "blob", "revision": "x", "key": `""`}),
		"policy: is not valid JSON: unexpected end":                                  with(columns{"policy": ""}),
		"webhooks: is not valid JSON; max_connections: must be a whole number":       with(columns{"webhooks": "[", "max_connections": "true"}),
		"enabled: is not valid JSON; policy.limits: must be an object, found a list": with(columns{"enabled": "yes", "policy": `{"limits":[]}`}),
	} {
		app, err := DecodeFields(from)
		if app != nil || !errors.Is(err, contract.ErrInvalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("app %v, error %v, want %q", app, err, want)
		}
	}
}

func TestAValueThatIsNoJSONIsAProblem(t *testing.T) {
	if raw, problem := FieldOf([]string{"a"}); string(raw) != `["a"]` || problem != "" {
		t.Errorf("got %s, %q", raw, problem)
	}
	if raw, problem := FieldOf(func() {}); raw != nil || problem == "" {
		t.Errorf("got %s, %q", raw, problem)
	}
}
