package plugin

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// olderSchema is that of a plugin which does not know some of the server's options.
const olderSchema = `{
  "type": "object", "additionalProperties": false,
  "properties": {
    "prefix": {"type": "string"},
    "connection": {"type": "object", "additionalProperties": false, "properties": {"mode": {"type": "string"}, "size": {"type": "integer"}}}
  }
}`

func TestOptionsFitAnOlderPlugin(t *testing.T) {
	const usual = `{"prefix":"p:","connection":{"mode":"m","size":9007199254740993,"pool":32},"table":{"a":[1]},"flag":false}`
	for _, tt := range []struct {
		name, options, usual, want string
		left                       []string
	}{
		{"nothing is unknown", `{ "prefix": "x" }`, usual, `{ "prefix": "x" }`, nil},
		{
			"as usual", usual, usual, `{"connection":{"mode":"m","size":9007199254740993},"prefix":"p:"}`,
			[]string{"connection.pool", "flag", "table"},
		},
		{"set by an operator", `{"connection":{"pool":33},"flag":false}`, usual, `{"connection":{"pool":33}}`, []string{"flag"}},
		{"not one of the server's", `{"connection":{"pol":32}}`, usual, `{"connection":{"pol":32}}`, nil},
		{"a driver of which only the plugin knows", `{"flag":false}`, "", `{"flag":false}`, nil},
		{"broken", `{`, usual, `{`, nil},
	} {
		got, left := fit(olderSchema, []byte(tt.options), []byte(tt.usual))
		slices.Sort(left)
		if diff := cmp.Diff(tt.left, left); string(got) != tt.want || diff != "" {
			t.Errorf("%s: %s, want %s\n%s", tt.name, got, tt.want, diff)
		}
	}
}

func TestAPluginThatIsTooOldForItsOptionsIsNamed(t *testing.T) {
	p := newProcess()
	p.description = wire.Description{Name: "redis", Version: "1.2.0", Drivers: []wire.DriverDescription{
		{Kind: contract.KindCache, Name: "redis", Schema: []byte(olderSchema)},
	}}
	check := func(options, usual string) string {
		err := p.checkChoices(&unit{choices: map[contract.Kind]Choice{
			contract.KindCache: {Driver: "redis", Options: []byte(options), Usual: []byte(usual)},
		}})
		if err == nil {
			return ""
		}
		return err.Error()
	}
	if text := check(`{"pool":32}`, `{"pool":32}`); text != "" {
		t.Errorf("a default was refused: %s", text)
	}
	text := check(`{"pool":33}`, `{"pool":32}`)
	for _, part := range []string{`cache driver "redis": pool: is unknown`, `plugin "redis" is of version 1.2.0`, "upgrade the plugin first"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not say %q", text, part)
		}
	}
	if text := check(`{"prefix":1}`, `{}`); text == "" || strings.Contains(text, "upgrade") {
		t.Errorf("a wrong value is told as %q", text)
	}
}
