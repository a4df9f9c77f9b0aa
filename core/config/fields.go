package config

import (
	"reflect"
	"strings"

	"github.com/jackfield/jackfield/core/internal/compat"
)

// field is one key of the configuration: what its tag says, and the place in a
// Config where its value goes.
type field struct {
	path     string
	aliases  []string // other paths of the same key
	env      []string
	fallback string
	def      string
	tag      reflect.StructTag
	value    reflect.Value
}

// fieldsOf returns the fields of the struct that into points to, in the order
// in which they are declared.
func fieldsOf(into *Config) []*field {
	var all []*field
	collect(reflect.ValueOf(into).Elem(), "", &all)
	return all
}

// pluginFields returns the fields of the plugin with this name.
func pluginFields(name string, into *Plugin) []*field {
	var all []*field
	collect(reflect.ValueOf(into).Elem(), "plugins."+name, &all)
	return all
}

func collect(v reflect.Value, path string, all *[]*field) {
	for i := range v.NumField() {
		declared := v.Type().Field(i)
		key, isKey := declared.Tag.Lookup("key")
		switch at := join(path, key); {
		case !isKey:
		case isSection(v.Field(i)):
			collect(v.Field(i), strings.TrimSuffix(at, "."), all)
		default:
			*all = append(*all, newField(at, path, declared.Tag, v.Field(i)))
		}
	}
}

// isSection tells whether v is a table of further keys rather than a value.
func isSection(v reflect.Value) bool {
	_, reads := v.Addr().Interface().(reader)
	return v.Kind() == reflect.Struct && !reads
}

func newField(path, section string, tag reflect.StructTag, v reflect.Value) *field {
	f := &field{
		path: path, fallback: tag.Get("fallback"), def: compat.Expand(tag.Get("default")), tag: tag, value: v,
	}
	if names := tag.Get("env"); names != "" {
		f.env = strings.Split(compat.Expand(names), ",")
	}
	if alias := tag.Get("alias"); alias != "" {
		f.aliases = append(f.aliases, join(section, alias))
	}
	return f
}

// dead tells whether the key is accepted without effect.
func (f *field) dead() bool { _, dead := f.tag.Lookup("dead"); return dead }

func (f *field) isSecret() bool { return f.value.Type() == reflect.TypeFor[Secret]() }

// setDefault gives the field its default. A default that does not fit is a
// mistake in a tag, so it panics.
func (f *field) setDefault() {
	if f.def == "" {
		return
	}
	if err := f.set(f.def); err != nil {
		panic("config: default of " + f.path + " " + err.Error())
	}
}
