package conversation

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// match reports where got differs from pattern, both JSON texts; see the
// package comment for what a pattern matches. A pattern that is no JSON is
// plain text, in which "*" stands for any.
func match(pattern, got string) error {
	want, err := decode(pattern)
	if err != nil {
		return matchString("text", pattern, got)
	}
	have, err := decode(got)
	if err != nil {
		return fmt.Errorf("is not JSON: %w", err)
	}
	return matchValue("", want, have)
}

func decode(text string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("more than one value")
	}
	return v, nil
}

func matchValue(path string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			return matchObject(path, want, got)
		}
	case []any:
		if got, ok := got.([]any); ok {
			return matchArray(path, want, got)
		}
	case string:
		if got, ok := got.(string); ok {
			return matchString(path, want, got)
		}
	default:
		if want == got {
			return nil
		}
	}
	return fmt.Errorf("%s: want %s, got %s", path, show(want), show(got))
}

func matchObject(path string, want, got map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		value, ok := got[key]
		if !ok {
			return fmt.Errorf("%s: %q is missing", path, key)
		}
		if err := matchValue(path+"."+key, want[key], value); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			return fmt.Errorf("%s: %q is there, with %s", path, key, show(got[key]))
		}
	}
	return nil
}

func matchArray(path string, want, got []any) error {
	if len(want) != len(got) {
		return fmt.Errorf("%s: want %d elements, got %s", path, len(want), show(got))
	}
	if strings.HasSuffix(path, ".ids") || strings.HasSuffix(path, ".users") {
		return matchSet(path, want, got)
	}
	for i := range want {
		if err := matchValue(fmt.Sprintf("%s[%d]", path, i), want[i], got[i]); err != nil {
			return err
		}
	}
	return nil
}

func matchSet(path string, want, got []any) error {
	left := slices.Clone(got)
	for _, w := range want {
		i := slices.IndexFunc(left, func(g any) bool { return matchValue(path, w, g) == nil })
		if i < 0 {
			return fmt.Errorf("%s: %s is missing in %s", path, show(w), show(got))
		}
		left = slices.Delete(left, i, i+1)
	}
	return nil
}

func matchString(path, want, got string) error {
	if want == got || glob(want).MatchString(got) {
		return nil
	}
	wantValue, wantErr := decode(want)
	gotValue, gotErr := decode(got)
	if wantErr == nil && gotErr == nil && composite(wantValue) {
		return matchValue(path, wantValue, gotValue)
	}
	return fmt.Errorf("%s: want %q, got %q", path, want, got)
}

func composite(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	default:
		return false
	}
}

// glob compiles a text in which "*" stands for anything.
func glob(pattern string) *regexp.Regexp {
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile(`(?s)\A` + strings.Join(parts, ".*") + `\z`)
}

func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
