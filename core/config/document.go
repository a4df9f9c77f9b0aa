package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/knadh/koanf/parsers/json"
	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/v2"
)

// document is a parsed file.
type document struct {
	name   string
	values map[string]any
	lines  lines
}

// lines holds the line of each key, by its path; an element of a list has a
// path such as "app_manager.array.apps[2]".
type lines struct {
	at       map[string]int
	problems []Problem
}

// format is one way of writing a file.
type format struct {
	parser   koanf.Parser
	index    func(text []byte) lines
	place    func(text []byte, err error) (line int, what string)
	comments bool // a line that begins with # is a comment
}

// formatOf chooses by the ending of a file's name; a name that says nothing is JSON.
func formatOf(name string) format {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".toml":
		return format{toml.Parser(), tomlLines, tomlError, true}
	case ".yaml", ".yml":
		return format{yaml.Parser(), yamlLines, yamlError, true}
	}
	return format{json.Parser(), jsonLines, jsonError, false}
}

// parse reads text, the content of the file name. With problems there is no document.
func parse(name string, text []byte, env map[string]string) (*document, []Problem) {
	f := formatOf(name)
	s := substitute(strings.TrimPrefix(string(text), "\uFEFF"), env, f.comments)
	if len(s.missing) > 0 {
		return nil, missing(name, s.missing)
	}
	written := []byte(s.text)
	values, err := f.parser.Unmarshal(written)
	if err != nil && s.text != s.spelled {
		// A value outside quotes may be any piece of the file, a list for example.
		if again, second := f.parser.Unmarshal([]byte(s.spelled)); second == nil {
			values, err, written = again, nil, []byte(s.spelled)
		}
	}
	if err != nil {
		line, what := f.place(written, err)
		return nil, []Problem{{File: name, Line: line, Text: "cannot be read: " + what}}
	}
	index := f.index(written)
	for i := range index.problems {
		index.problems[i].File = name
	}
	revealed, _ := s.reveal(values).(map[string]any)
	return &document{name, revealed, index}, index.problems
}

func missing(name string, variables []missingVariable) []Problem {
	problems := make([]Problem, len(variables))
	for i, m := range variables {
		problems[i] = m.problem(name)
	}
	return problems
}

// line returns the line of path, or of the nearest thing around it that has
// one; 0 if there is none.
func (d *document) line(path string) int {
	for path != "" {
		if line, ok := d.lines.at[path]; ok {
			return line
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 0
}

// lookup returns the value at path, and whether there is one.
func lookup(values map[string]any, path string) (any, bool) {
	key, rest, nested := strings.Cut(path, ".")
	value, ok := values[key]
	if !nested || !ok {
		return value, ok
	}
	table, _ := value.(map[string]any)
	return lookup(table, rest)
}

// place puts a value at path, making the tables on the way.
func place(values map[string]any, path string, value any) {
	key, rest, nested := strings.Cut(path, ".")
	if !nested {
		values[key] = value
		return
	}
	table, ok := values[key].(map[string]any)
	if !ok {
		table = map[string]any{}
		values[key] = table
	}
	place(table, rest, value)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
