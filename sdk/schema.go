package sdk

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/jackfield/jackfield/sdk/contract"
)

const schemaDialect = "https://json-schema.org/draft/2020-12/schema"

var secretType = reflect.TypeFor[contract.Secret]()

// schemaOf returns the JSON Schema of the options C, with the defaults; no
// option is required. Secrets carry "x-secret": true. It panics on a type that
// JSON Schema cannot express, which is an error in the plugin's source.
func schemaOf[C any]() json.RawMessage {
	s, err := jsonschema.For[C](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		secretType: {Type: "string", Extra: map[string]any{"x-secret": true}},
	}})
	if err != nil {
		panic(fmt.Sprintf("options of a driver: %v", err))
	}
	relax(s)
	s.Schema = schemaDialect
	c := defaultOptions[C]()
	if v := reflect.ValueOf(c); v.Kind() == reflect.Struct {
		addDefaults(s, v)
	}
	data, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("options of a driver: %v", err))
	}
	return data
}

// relax makes every property optional.
func relax(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	s.Required = nil
	for _, p := range s.Properties {
		relax(p)
	}
	relax(s.Items)
	relax(s.AdditionalProperties)
}

// addDefaults writes the values of a struct's fields into its schema, except
// zero values and secrets.
func addDefaults(s *jsonschema.Schema, v reflect.Value) {
	for _, f := range fieldsOf(v.Type()) {
		value, p := v.Field(f.index), s.Properties[f.name]
		switch {
		case p == nil || value.IsZero() || value.Type() == secretType:
		case isStruct(value.Type()):
			addDefaults(p, value)
		default:
			if data, err := json.Marshal(value.Interface()); err == nil {
				p.Default = data
			}
		}
	}
}
