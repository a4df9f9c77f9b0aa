package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// No text of a file makes the loader panic, and what it refuses has a line.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/problems/*.json", "testdata/problems/*.toml", "testdata/problems/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(filepath.Ext(file), string(text))
		}
	}
	for file, text := range sameInAllFormats {
		f.Add(filepath.Ext(file), text)
	}
	for _, text := range []string{
		"a: &a [*a]", "a: &a {b: 1}\nport: *a\n<<: *a", "? [x]\n: y", "1: 2\ntrue: 3", "cache: !!binary AA==", "!!map {}", "---\n---\n",
	} {
		f.Add(".yaml", text)
	}
	for _, text := range []string{
		"[a]\n[a.b]\n[[c]]\n[c.d]\n[[c.d.e]]", "a.b.c = {d.e = [[{}], [1]]}", "\"\" = 1", "\"a.b\" = 1", "x = 1979-05-27", "[[x]]\n[[x.y]]\n[[x.y]]",
	} {
		f.Add(".toml", text)
	}
	for _, text := range []string{"null", `{"a": {"b": [[], {}]}}`, `{"": {"": 1}}`, `{"port": 1e999}`, `{"plugins": {"": {}, "a.b": {}, "x": 1}}`} {
		f.Add(".json", text)
	}
	f.Fuzz(func(t *testing.T, ending, text string) {
		l := &loader{env: map[string]string{"V": "value"}, cfg: &Config{resolved: &resolved{}}, doc: &document{}}
		l.fields = fieldsOf(l.cfg)
		name := "file" + strings.Trim(ending, "/\x00")
		doc, problems := parse(name, []byte(text), l.env)
		for _, p := range problems {
			if p.Text == "" || p.File != name {
				t.Errorf("problem without text or file: %+v", p)
			}
		}
		if doc == nil {
			return
		}
		l.doc = doc
		l.settle()
		_ = l.cfg.String()
	})
}
