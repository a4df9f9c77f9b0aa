package config

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Choice is the driver of one kind and what it is given.
type Choice struct {
	// Driver is the driver's name in its one spelling.
	Driver string
	// InCore is true if the server itself serves the kind, without a plugin, or
	// the kind is switched off (driver none).
	InCore bool
	// Options is the JSON object for the driver; nil if InCore. It holds secrets
	// in the clear.
	Options json.RawMessage
	// Usual is what Options would be if nothing but the driver were configured; nil
	// for a driver of which only a plugin knows the options.
	Usual json.RawMessage
	// Section is where the options stand in the configuration, under the names that
	// the driver knows; "" if they come from several places.
	Section string
}

// String returns the driver's name, without options.
func (c Choice) String() string { return c.Driver }

// GoString is String, so that %#v is safe too.
func (c Choice) GoString() string { return c.String() }

// inCore are the drivers that need no plugin.
var inCore = map[contract.Kind][]string{
	contract.KindCache:       {driverNone},
	contract.KindQueue:       {driverNone},
	contract.KindRateLimiter: {driverNone, driverMemory},
	contract.KindAdapter:     {driverLocal},
}

// choose makes the choice of every kind.
func (l *loader) choose() {
	l.cfg.resolved.choices = map[contract.Kind]Choice{}
	drivers := l.cfg.drivers()
	for _, kind := range contract.Kinds() {
		choice := Choice{Driver: drivers[kind]}
		if slices.Contains(inCore[kind], choice.Driver) {
			choice.InCore = true
		} else {
			choice.Options = l.encode(string(kind), l.optionsFor(kind, choice.Driver))
			if usual := unconfigured().ownOptions(kind, choice.Driver); usual != nil {
				choice.Usual = l.encode(string(kind), usual)
			}
			if kind == contract.KindAppManager {
				choice.Section = storeSections[choice.Driver]
			}
		}
		l.cfg.resolved.choices[kind] = choice
	}
}

// encode writes options as JSON.
func (l *loader) encode(key string, options map[string]any) json.RawMessage {
	text, err := json.Marshal(options)
	if err != nil {
		l.addf(key, "has options that cannot be written as JSON")
	}
	return text
}

func (l *loader) optionsFor(kind contract.Kind, driver string) map[string]any {
	if options := l.ownOptions(kind, driver); options != nil {
		return options
	}
	return l.foreignOptions(kind, driver)
}

// ownOptions are those of a driver that the server knows, nil for others.
func (l *loader) ownOptions(kind contract.Kind, driver string) map[string]any {
	switch kind {
	case contract.KindAppManager:
		return l.storeOptions(driver)
	case contract.KindCache:
		return l.cacheOptions(driver)
	case contract.KindQueue:
		return l.queueOptions(driver)
	case contract.KindRateLimiter:
		return l.limiterOptions(driver)
	case contract.KindAdapter:
		return l.adapterOptions(driver)
	}
	return nil
}

// unconfigured is a loader that has read nothing.
func unconfigured() *loader {
	l := &loader{doc: &document{}, cfg: &Config{resolved: &resolved{}}}
	l.fields = fieldsOf(l.cfg)
	for _, f := range l.fields {
		f.setDefault()
	}
	return l
}

// foreignOptions are those of a driver that only a plugin knows: the table of
// the driver's name in the kind's section as written, else the config of the
// plugin that has the driver's name or lists it.
func (l *loader) foreignOptions(kind contract.Kind, driver string) map[string]any {
	path := string(kind) + "." + sectionOf(driver)
	if raw, ok := lookup(l.doc.values, path); ok && raw != nil {
		table, isTable := raw.(map[string]any)
		if !isTable {
			l.addf(path, "must be a table of keys, is %s", kindOf(raw))
		}
		l.isJSON(path, raw)
		return table
	}
	for _, name := range slices.Sorted(maps.Keys(l.cfg.Plugins)) {
		p := l.cfg.Plugins[name]
		lists := slices.Contains(p.Drivers, driver) || slices.Contains(p.Drivers, string(kind)+"."+driver)
		if (name == driver || lists) && len(p.Config) > 0 {
			l.isJSON("plugins."+name+".config", map[string]any(p.Config))
			return p.Config
		}
	}
	return map[string]any{}
}
