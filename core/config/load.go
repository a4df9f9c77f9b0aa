package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// Load reads the configuration of src: defaults, then the file, then the
// environment, then flags, the later one counting. It reads files but changes
// nothing. The notices are worth telling in any case. An error is *[Error], with
// all that is wrong, and then there is no Config.
func Load(src Source) (*Config, []Notice, error) {
	l := &loader{src: src, env: environment(src.Environ), cfg: &Config{resolved: &resolved{}}}
	l.fields = fieldsOf(l.cfg)
	l.open()
	l.settle()
	if len(l.problems) > 0 {
		return nil, l.notices, &Error{sortProblems(l.problems)}
	}
	return l.cfg, l.notices, nil
}

// loader is one run of Load.
type loader struct {
	src      Source
	env      map[string]string
	doc      *document // the file; empty if there is none
	unread   bool      // there is a file, but it cannot be read
	cfg      *Config
	fields   []*field
	given    map[string]string // environment name or flag that gave a key its value
	problems []Problem
	notices  []Notice
}

// open finds and parses the file.
func (l *loader) open() {
	l.doc = &document{}
	name, passedOver := l.findFile()
	if name == "" {
		l.notices = append(l.notices, Notice{Problem: Problem{
			Text: "no file was named or found (" + strings.Join(searched, ", ") + "): the environment alone counts",
		}})
		return
	}
	for _, other := range passedOver {
		l.notices = append(l.notices, Notice{Warning: true, Problem: Problem{
			File: other, Text: "is not read, because " + name + " is there; files are never merged",
		}})
	}
	l.cfg.File = name
	text, err := readFile(l.path(name))
	l.unread = true
	if err != nil {
		l.problems = append(l.problems, Problem{Text: "cannot read the file: " + err.Error()})
		return
	}
	doc, problems := parse(name, text, l.env)
	l.problems = append(l.problems, problems...)
	if doc != nil {
		l.doc, l.unread = doc, false
	}
}

// settle makes the configuration of what was read.
func (l *loader) settle() {
	l.addPlugins()
	l.apply()
	l.checkKeys()
	l.resolve()
	l.validate()
}

// apply gives every field its value. A value of the file that the environment
// takes the place of must be right all the same.
func (l *loader) apply() {
	merged := l.merge()
	for _, f := range l.fields {
		f.setDefault()
		name := l.given[f.path]
		if value, ok := f.lookup(l.doc.values); ok && name != "" {
			if err := f.set(value); err != nil {
				l.addInFile(f.path, err)
			}
		}
		value, ok := f.lookup(merged)
		if !ok {
			continue
		}
		if err := f.set(value); err != nil && (name == "" || name != f.fallback) {
			l.addf(f.path, "%w", err)
		}
	}
}

func (f *field) lookup(values map[string]any) (any, bool) {
	for _, path := range append([]string{f.path}, f.aliases...) {
		if value, ok := lookup(values, path); ok {
			return value, true
		}
	}
	return nil, false
}

// merge lays file, environment and flags over each other.
func (l *loader) merge() map[string]any {
	l.given = map[string]string{}
	environment, flags := map[string]any{}, map[string]any{}
	for _, f := range l.fields {
		if name := l.envOf(f); name != "" {
			l.given[f.path] = name
			place(environment, f.path, l.env[name])
		}
	}
	if l.src.PluginDir != "" {
		delete(l.given, "plugin_dir")
		place(flags, "plugin_dir", l.src.PluginDir)
	}
	all := koanf.New(".")
	for _, layer := range []map[string]any{l.doc.values, environment, flags} {
		if err := all.Load(confmap.Provider(layer, ""), nil); err != nil {
			l.problems = append(l.problems, Problem{Text: err.Error()})
		}
	}
	return all.Raw()
}

// envOf returns the environment name that gives f its value, or "".
func (l *loader) envOf(f *field) string {
	for _, name := range f.env {
		if _, set := l.env[name]; set {
			return name
		}
	}
	if _, set := l.env[f.fallback]; set && !l.inFile(f.path) {
		return f.fallback
	}
	return ""
}

// inFile tells whether the file gives the key a value.
func (l *loader) inFile(path string) bool {
	value, ok := lookup(l.doc.values, path)
	return ok && value != nil
}

// addPlugins makes fields for each plugin that the file mentions.
func (l *loader) addPlugins() {
	entries, _ := l.doc.values["plugins"].(map[string]any)
	l.cfg.Plugins = make(map[string]*Plugin, len(entries))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if !driverName.MatchString(name) || strings.Contains(name, ".") {
			l.addf("plugins."+name, "must be named by small letters, digits, - and _")
			continue
		}
		plugin := &Plugin{}
		l.cfg.Plugins[name] = plugin
		l.fields = append(l.fields, pluginFields(name, plugin)...)
	}
}

// at returns a problem, still without text, at the place where the key got its value.
func (l *loader) at(key string) Problem {
	p := Problem{Key: key, Env: l.given[key]}
	if p.Env == "" {
		p.Line = l.doc.line(key)
	}
	if p.Line > 0 {
		p.File = l.doc.name
	}
	return p
}

// addInFile adds a problem with the value that stands in the file.
func (l *loader) addInFile(key string, err error) {
	l.problems = append(l.problems, Problem{File: l.doc.name, Line: l.doc.line(key), Key: key, Text: err.Error()})
}

func (l *loader) addf(key, format string, args ...any) {
	p := l.at(key)
	p.Text = fmt.Errorf(format, args...).Error()
	l.problems = append(l.problems, p)
}

// notef adds a notice about a key; warnf one that asks for a change.
func (l *loader) notef(key, format string, args ...any) {
	p := l.at(key)
	p.Text = fmt.Sprintf(format, args...)
	l.notices = append(l.notices, Notice{Problem: p})
}

func (l *loader) warnf(key, format string, args ...any) {
	l.notef(key, format, args...)
	l.notices[len(l.notices)-1].Warning = true
}
