package sdk

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// defaultOptions returns what C is before any option is set.
func defaultOptions[C any]() C {
	var c C
	if d, ok := any(&c).(interface{ Defaults() }); ok {
		d.Defaults()
	}
	return c
}

// decodeOptions decodes a JSON object over the defaults of C. The error is an
// OptionErrors with everything that is wrong.
func decodeOptions[C any](data json.RawMessage) (C, error) {
	c := defaultOptions[C]()
	var p problems
	if err := checkJSON(data); err != nil {
		p.Addf("", "is not valid JSON: %v", err)
	} else {
		p.decode("", data, reflect.ValueOf(&c).Elem())
	}
	return c, p.Err()
}

// checkJSON says where JSON is broken, without quoting from it.
func checkJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	var v any
	if err := dec.Decode(&v); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return fmt.Errorf("error at byte %d", syntax.Offset)
		}
		return errors.New("it ends too early")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}

// problems collects what is wrong with options.
type problems struct{ contract.OptionErrors }

// decode sets v from data, which is valid JSON. null leaves v as it is.
func (p *problems) decode(path string, data json.RawMessage, v reflect.Value) {
	if string(data) == "null" {
		return
	}
	t := v.Type()
	switch {
	case t.Kind() == reflect.Pointer && !decodesItself(t.Elem()):
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		p.decode(path, data, v.Elem())
	case isStruct(t):
		p.decodeStruct(path, data, v)
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 && !decodesItself(t):
		p.decodeSlice(path, data, v)
	case t.Kind() == reflect.Map && !decodesItself(t):
		p.decodeMap(path, data, v)
	default:
		if err := json.Unmarshal(data, v.Addr().Interface()); err != nil {
			p.Addf(path, "%s", mismatch(data, t, err))
		}
	}
}

func (p *problems) decodeStruct(path string, data json.RawMessage, v reflect.Value) {
	object, ok := objectOf(data)
	if !ok {
		p.Addf(path, "must be an object, is %s", typeOf(data))
		return
	}
	fields := fieldsOf(v.Type())
	for _, name := range slices.Sorted(maps.Keys(object)) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		if i < 0 {
			p.Addf(join(path, name), "there is no such option; there are: %s", names(fields))
			continue
		}
		p.decode(join(path, name), object[name], v.Field(fields[i].index))
	}
}

func (p *problems) decodeSlice(path string, data json.RawMessage, v reflect.Value) {
	var items []json.RawMessage
	if json.Unmarshal(data, &items) != nil {
		p.Addf(path, "must be a list, is %s", typeOf(data))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		p.decode(fmt.Sprintf("%s[%d]", path, i), item, v.Index(i))
	}
}

func (p *problems) decodeMap(path string, data json.RawMessage, v reflect.Value) {
	object, ok := objectOf(data)
	if !ok {
		p.Addf(path, "must be an object, is %s", typeOf(data))
		return
	}
	t := v.Type()
	m := reflect.MakeMapWithSize(t, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		item := reflect.New(t.Elem()).Elem()
		p.decode(join(path, name), object[name], item)
		m.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), item)
	}
	v.Set(m)
}

// mismatch says what was wanted and found; it never quotes the value, which
// may be a secret.
func mismatch(data json.RawMessage, t reflect.Type, err error) string {
	want := "a value of another type"
	switch t.Kind() {
	case reflect.String:
		want = "a string"
	case reflect.Bool:
		want = "true or false"
	case reflect.Float32, reflect.Float64:
		want = "a number"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		want = "a whole number of at most " + fmt.Sprint(t.Bits()) + " bits"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		want = "a whole number that is not negative, of at most " + fmt.Sprint(t.Bits()) + " bits"
	}
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok && t != secretType {
		return err.Error()
	}
	found := typeOf(data)
	if found == "a number" && t != secretType {
		found = "the number " + string(data)
	}
	return fmt.Sprintf("must be %s, is %s", want, found)
}

// typeOf names the type of a JSON value.
func typeOf(data json.RawMessage) string {
	switch data[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	default:
		return "a number"
	}
}

func objectOf(data json.RawMessage) (map[string]json.RawMessage, bool) {
	var object map[string]json.RawMessage
	return object, json.Unmarshal(data, &object) == nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// field is one option of a struct.
type field struct {
	name  string
	index int
}

// fieldsOf returns the exported fields by their JSON names.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields = append(fields, field{name, i})
	}
	return fields
}

func names(fields []field) string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.name
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func isStruct(t reflect.Type) bool { return t.Kind() == reflect.Struct && !decodesItself(t) }

var (
	jsonDecoder = reflect.TypeFor[json.Unmarshaler]()
	textDecoder = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(jsonDecoder) || p.Implements(textDecoder)
}
