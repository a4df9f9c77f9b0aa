package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Effect is when a new value of a key counts in a running server.
type Effect string

// The effects.
const (
	// Live keys count at once.
	Live Effect = "live"
	// Swap keys are options of a plugin's driver: a new process of the plugin
	// takes the place of the old one.
	Swap Effect = "swap"
	// Restart keys count from the next start.
	Restart Effect = "restart"
)

// swapSections hold the keys that only drivers of plugins read.
var swapSections = []string{
	"cache.memory.", "cache.redis.", "rate_limiter.redis.", "database.", "database_pooling.",
	"queue.memory.", "queue.redis.", "queue.redis_cluster.", "queue.sqs.",
}

// effect tells when a new value of f counts.
func (f *field) effect() Effect {
	within := func(section string) bool { return strings.HasPrefix(f.path, section) }
	_, live := f.tag.Lookup("live")
	switch {
	case live:
		return Live
	case slices.ContainsFunc(swapSections, within), within("plugins.") && strings.HasSuffix(f.path, ".config"):
		return Swap
	}
	return Restart
}

// Difference is a key whose value is another one in a newer configuration.
type Difference struct {
	Path   string
	Effect Effect
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
			found = append(found, Difference{f.path, f.effect()})
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
