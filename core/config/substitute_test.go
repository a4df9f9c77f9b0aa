package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSubstitution(t *testing.T) {
	tests := map[string]struct {
		file, content string
		env           []string
		host, mode    string
	}{
		"a value":                          {"c.json", `{"host": "${H}"}`, []string{"H=h.example"}, "h.example", "production"},
		"a default":                        {"c.json", `{"host": "${H:-other}"}`, nil, "other", "production"},
		"empty counts as unset":            {"c.json", `{"host": "${H:-other}"}`, []string{"H="}, "other", "production"},
		"an empty default":                 {"c.json", `{"host": "h", "mode": "a${H:-}b"}`, nil, "h", "ab"},
		"twice in a line":                  {"c.json", `{"mode": "${A}-${B:-b}"}`, []string{"A=a"}, "0.0.0.0", "a-b"},
		"not replaced again":               {"c.json", `{"mode": "${A}"}`, []string{"A=${B}", "B=b"}, "0.0.0.0", "${B}"},
		"a dollar without braces":          {"c.json", `{"mode": "$A ${ A} ${1}"}`, nil, "0.0.0.0", "$A ${ A} ${1}"},
		"quotes never end a text":          {"c.json", `{"mode": "${A}", "host": "h"}`, []string{`A=a", "host": "evil`}, "h", `a", "host": "evil`},
		"quotes in TOML":                   {"c.toml", "mode = \"${A}\"\nhost = 'h'", []string{`A=a"\b`}, "h", `a"\b`},
		"quotes in TOML's literal text":    {"c.toml", "mode = '${A}'", []string{`A=it's`}, "0.0.0.0", "it's"},
		"signs of YAML":                    {"c.yaml", "mode: ${A}", []string{`A=a: {b} #c`}, "0.0.0.0", "a: {b} #c"},
		"several lines":                    {"c.yaml", "mode: ${A}\nhost: h", []string{"A=a\nhost: evil"}, "h", "a\nhost: evil"},
		"outside quotes a piece of file":   {"c.json", `{"mode": "m", "cors": ${A}}`, []string{`A={"origin": ["x"]}`}, "0.0.0.0", "m"},
		"a comment may name what is not":   {"c.toml", "  # ${NOBODY}\nmode = 'm'", nil, "0.0.0.0", "m"},
		"a mark before the text is no bar": {"c.json", "\uFEFF{\"mode\": \"m\"}", nil, "0.0.0.0", "m"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := mustLoad(t, tt.file, tt.content, tt.env...)
			if diff := cmp.Diff([]string{tt.host, tt.mode}, []string{c.Server.Host, c.Server.Mode}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSubstitutionKeepsNumbersNumbers(t *testing.T) {
	c := mustLoad(t, "c.json", `{"port": ${P:-1}, "metrics": {"enabled": ${M}}}`, "P=7", "M=false")
	if c.Server.Port != 7 || c.Metrics.Enabled {
		t.Errorf("port %d, metrics %v", c.Server.Port, c.Metrics.Enabled)
	}
}

// Whatever a value holds, inside quotes it arrives unchanged and nothing else
// changes.
func FuzzSubstitution(f *testing.F) {
	for _, value := range []string{"a", `"`, `\`, "'", "\n", "${X}", "}", "\uE0F10\uE0F2", "# x", "a: b", "\u2028", "\x00", "0x10"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.TrimSpace(value) == "" || strings.ContainsAny(value, "\uE0F1\uE0F2") {
			return // not set, or made of our own stand-ins
		}
		files := map[string]string{
			"c.json": `{"a": "${V}", "b": "b"}`, "c.toml": "a = \"${V}\"\nb = 'b'", "c.yaml": "a: \"${V}\"\nb: b",
		}
		for name, text := range files {
			doc, problems := parse(name, []byte(text), map[string]string{"V": value})
			if doc == nil {
				t.Fatalf("%s with %q: %v", name, value, problems)
			}
			if doc.values["a"] != value || doc.values["b"] != "b" || len(doc.values) != 2 {
				t.Errorf("%s with %q: %q", name, value, doc.values)
			}
		}
	})
}
