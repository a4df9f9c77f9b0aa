package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/jackfield/jackfield/sdk/contract"
)

// checkOptions validates a driver's options against its JSON Schema and
// returns all problems at once as contract.OptionErrors. No schema accepts any
// object. Values that the schema marks as secret do not appear in problems.
func checkOptions(schema string, options json.RawMessage) error {
	var value any = map[string]any{}
	if len(options) > 0 {
		if err := json.Unmarshal(options, &value); err != nil {
			return contract.OptionErrors{{Problem: "the options are not valid JSON: " + err.Error()}}
		}
	}
	if schema == "" {
		return nil
	}
	root := new(jsonschema.Schema)
	if err := json.Unmarshal([]byte(schema), root); err != nil {
		return fmt.Errorf("the plugin's schema of its options is not valid: %w", err)
	}
	v := validator{root: root}
	v.walk(root, value, "")
	if v.broken != nil {
		return fmt.Errorf("the plugin's schema of its options is not valid: %w", v.broken)
	}
	return v.problems.Err()
}

// validator walks schema and value together, because the library stops at the
// first problem: objects and arrays are taken apart here, and each leaf is
// judged by the library.
type validator struct {
	root     *jsonschema.Schema
	problems contract.OptionErrors
	broken   error // the schema itself cannot be used
}

func (v *validator) walk(s *jsonschema.Schema, value any, path string) {
	s = v.deref(s)
	rest := *s
	switch value := value.(type) {
	case map[string]any:
		v.object(s, value, path)
		rest.Required, rest.Properties, rest.PropertyOrder = nil, nil, nil
		if closed(s) {
			rest.AdditionalProperties = nil
		}
	case []any:
		if s.Items != nil {
			for i, item := range value {
				v.walk(s.Items, item, fmt.Sprintf("%s[%d]", path, i))
			}
			rest.Items = nil
		}
	}
	v.leaf(&rest, value, path)
}

// deref follows a reference to a definition of the root.
func (v *validator) deref(s *jsonschema.Schema) *jsonschema.Schema {
	name, ok := strings.CutPrefix(s.Ref, "#/$defs/")
	if target := v.root.Defs[name]; ok && target != nil && target.Ref == "" {
		return target
	}
	return s
}

// object judges the names in an object and walks into its properties.
func (v *validator) object(s *jsonschema.Schema, value map[string]any, path string) {
	for _, name := range s.Required {
		if _, ok := value[name]; !ok {
			v.problems.Addf(join(path, name), "is required and missing")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(value)) {
		property := s.Properties[name]
		switch {
		case property != nil:
			v.walk(property, value[name], join(path, name))
		case closed(s) && len(s.PatternProperties) == 0:
			v.problems.Addf(join(path, name), unknownOption+"%s", suggestion(name, s.Properties))
		}
	}
}

// closed is whether the schema admits no other properties than it names.
func closed(s *jsonschema.Schema) bool {
	a := s.AdditionalProperties
	return a != nil && a.Not != nil && isTrue(a.Not)
}

func isTrue(s *jsonschema.Schema) bool {
	data, err := json.Marshal(s)
	return err == nil && (string(data) == "true" || string(data) == "{}")
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// leaf lets the library judge what was not taken apart.
func (v *validator) leaf(s *jsonschema.Schema, value any, path string) {
	s.ID, s.Schema, s.Defs, s.Definitions = "", "", v.root.Defs, v.root.Definitions
	resolved, err := s.CloneSchemas().Resolve(nil)
	if err != nil {
		v.broken = errors.Join(v.broken, fmt.Errorf("%s: %w", path, err))
		return
	}
	if err := resolved.Validate(value); err != nil {
		v.problems.Addf(path, "%s", problemText(s, err))
	}
}

// problemText keeps the library's own words, or none of them for a secret,
// whose value they would repeat.
func problemText(s *jsonschema.Schema, err error) string {
	if secret(s) {
		return fmt.Sprintf("does not fit the schema (type %s); its value is secret and not shown", s.Type)
	}
	text := err.Error()
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(next) {
		text = next.Error()
	}
	return text
}

func secret(s *jsonschema.Schema) bool {
	mark, _ := s.Extra["x-secret"].(bool)
	return mark || s.WriteOnly || s.Format == "password"
}

// suggestion names the known property that looks most like name, if any does.
func suggestion(name string, known map[string]*jsonschema.Schema) string {
	best, bestDistance := "", len(name)/2+1
	for _, candidate := range slices.Sorted(maps.Keys(known)) {
		if d := distance(name, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is the number of single-byte edits between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
