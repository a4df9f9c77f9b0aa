package config

import (
	"maps"
	"reflect"
	"slices"
)

// Difference is a key whose value is another one in a newer configuration.
type Difference struct {
	Path string
	// Live tells that a running server takes the new value over; otherwise it
	// counts from the next start.
	Live bool
}

// Differences returns the keys in which next differs from c, in the order of the
// reference; those of plugins last. It tells no values.
func (c *Config) Differences(next *Config) []Difference {
	found := differing(fieldsOf(c), fieldsOf(next))
	for _, name := range pluginNames(c, next) {
		found = append(found, differing(pluginFields(name, pluginOf(c, name)), pluginFields(name, pluginOf(next, name)))...)
	}
	return found
}

// differing compares fields of one struct, pair by pair.
func differing(before, after []*field) []Difference {
	var found []Difference
	for i, f := range before {
		if !f.dead() && !reflect.DeepEqual(f.value.Interface(), after[i].value.Interface()) {
			_, live := f.tag.Lookup("live")
			found = append(found, Difference{f.path, live})
		}
	}
	return found
}

func pluginNames(c, next *Config) []string {
	names := slices.Collect(maps.Keys(c.Plugins))
	return slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(next.Plugins)))))
}

func pluginOf(c *Config, name string) *Plugin {
	if p := c.Plugins[name]; p != nil {
		return p
	}
	return &Plugin{}
}
