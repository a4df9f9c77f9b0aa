package plugin

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

const testSchema = `{
  "type": "object",
  "additionalProperties": false,
  "required": ["address", "nodes"],
  "properties": {
    "address": {"type": "string", "minLength": 1},
    "max_capacity": {"type": "integer", "minimum": 1},
    "password": {"type": "string", "maxLength": 4, "x-secret": true},
    "mode": {"enum": ["fast", "safe"]},
    "nodes": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/node"}},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}}
  },
  "$defs": {
    "node": {
      "type": "object", "additionalProperties": false, "required": ["host"],
      "properties": {"host": {"type": "string"}, "port": {"type": "integer", "maximum": 65535}}
    }
  }
}`

func TestCheckOptions(t *testing.T) {
	tests := []struct {
		name    string
		options string
		want    []string // paths
	}{
		{"all is well", `{"address":"a","nodes":[{"host":"h","port":1}],"labels":{"a":"b"}}`, nil},
		{
			"several problems at once", `{"max_capacity":0,"mode":"slow","nodes":[{"host":"h"},{"port":70000}],"adress":"a"}`,
			[]string{"address", "adress", "max_capacity", "mode", "nodes[1].host", "nodes[1].port"},
		},
		{"wrong types", `{"address":3,"nodes":{},"labels":{"a":1}}`, []string{"address", "labels", "nodes"}},
		{"bounds of an array", `{"address":"a","nodes":[]}`, []string{"nodes"}},
		{"no object", `[1]`, []string{""}},
		{"no JSON", `{`, []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var problems contract.OptionErrors
			err := checkOptions(testSchema, []byte(tt.options))
			if err != nil && !errors.As(err, &problems) {
				t.Fatalf("checkOptions: %v", err)
			}
			var paths []string
			for _, p := range problems {
				paths = append(paths, p.Path)
			}
			if diff := cmp.Diff(tt.want, paths); diff != "" {
				t.Errorf("paths (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}

func TestCheckOptionsSuggestsAndHides(t *testing.T) {
	err := checkOptions(testSchema, []byte(`{"adress":"a","nodes":[{"host":"h"}],"password":"hunter2"}`))
	if err == nil {
		t.Fatal("the options were accepted")
	}
	if !strings.Contains(err.Error(), `adress: is unknown; did you mean "address"?`) {
		t.Errorf("no suggestion in %q", err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the secret shows in %q", err)
	}
}

func TestCheckOptionsRefusesABrokenSchema(t *testing.T) {
	for _, schema := range []string{`{`, `{"properties":{"a":{"pattern":"("}}}`} {
		if err := checkOptions(schema, []byte(`{"a":"b"}`)); err == nil || errors.Is(err, contract.ErrInvalid) {
			t.Errorf("checkOptions with schema %s: %v", schema, err)
		}
	}
}

func TestProblemsWithOptionsNameTheWholeKey(t *testing.T) {
	problem := contract.OptionErrors{{Path: "table_name", Problem: "must not be empty"}}
	for section, want := range map[string]string{"database.mysql": "database.mysql.table_name", "": "table_name"} {
		err := describeOptions(contract.KindAppManager, Choice{Driver: "mysql", Section: section}, problem)
		if text := `app_manager driver "mysql": ` + want + ": must not be empty"; !errors.Is(err, contract.ErrInvalid) || !strings.HasSuffix(err.Error(), text) {
			t.Errorf("got %v, want %s", err, text)
		}
	}
}
