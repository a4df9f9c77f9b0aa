package plugin

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// shipped says which of our own plugins serves a driver of a kind.
var shipped = map[contract.Kind]map[string]string{
	contract.KindAppManager: {
		"memory": "memory", "mysql": "sql", "pgsql": "sql", "postgres": "sql", "postgresql": "sql",
		"dynamodb": "dynamodb", "scylladb": "scylla", "scylla": "scylla",
	},
	contract.KindCache:       {"memory": "memory", "redis": "redis", "redis-cluster": "redis"},
	contract.KindQueue:       {"memory": "memory", "redis": "redis", "redis-cluster": "redis", "sqs": "sqs"},
	contract.KindRateLimiter: {"redis": "redis", "redis-cluster": "redis"},
	contract.KindAdapter:     {"redis": "redis", "redis-cluster": "redis"},
}

// aliases are other names of drivers.
var aliases = map[string]string{"postgres": "pgsql", "postgresql": "pgsql", "scylla": "scylladb"}

// resolver finds the plugin that serves a driver.
type resolver struct {
	catalog *catalog
	plugins map[string]PluginConfig
}

// resolve returns the name of the plugin that serves the driver. It looks at
// our own table first, then at plugins.<name>.drivers, then at the manifests in
// the directory, at last for a plugin named like the driver.
func (r resolver) resolve(kind contract.Kind, driver string) (string, error) {
	if name := shipped[kind][driver]; name != "" && r.exists(name) {
		return name, nil
	}
	for _, providers := range [][]string{r.configured(kind, driver), r.described(kind, driver)} {
		if len(providers) > 1 {
			return "", fmt.Errorf("%s.driver %q: plugins %s all provide it; name it in plugins.<name>.drivers of one of them only",
				kind, driver, strings.Join(providers, " and "))
		}
		if len(providers) == 1 {
			return providers[0], nil
		}
	}
	if r.exists(driver) {
		return driver, nil
	}
	return "", r.nobody(kind, driver)
}

// exists is whether there is a file, a path or an address for the plugin.
func (r resolver) exists(name string) bool {
	p := r.plugins[name]
	_, inDir := r.catalog.entries[name]
	return inDir || p.Path != "" || p.Address != ""
}

// configured are the plugins whose list of drivers has this one, as kind.driver or driver.
func (r resolver) configured(kind contract.Kind, driver string) []string {
	var names []string
	for name, p := range r.plugins {
		if slices.Contains(p.Drivers, driver) || slices.Contains(p.Drivers, string(kind)+"."+driver) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

func (r resolver) described(kind contract.Kind, driver string) []string {
	var names []string
	for _, name := range r.catalog.names() {
		if r.catalog.entries[name].manifest.serves(kind, driver) {
			names = append(names, name)
		}
	}
	return names
}

func (r resolver) nobody(kind contract.Kind, driver string) error {
	cure := fmt.Sprintf("put a plugin named %q there, or name the driver in plugins.<name>.drivers", driver)
	if name := shipped[kind][driver]; name != "" {
		cure = fmt.Sprintf("build it with %q", "make plugin-"+name)
	}
	return fmt.Errorf("%s.driver %q: no plugin provides it (%s); %s", kind, driver, r.catalog.found(), cure)
}

// path returns the executable of a plugin, or "" if it is attached to.
func (r resolver) path(name string) (string, error) {
	p := r.plugins[name]
	switch {
	case p.Address != "" && p.Path != "":
		return "", fmt.Errorf("plugins.%s: path and address exclude each other; remove one", name)
	case p.Address != "":
		return "", nil
	case p.Path != "":
		return p.Path, nil
	}
	if e, ok := r.catalog.entries[name]; ok {
		return e.path, nil
	}
	return "", fmt.Errorf("plugin %q is not there (%s)", name, r.catalog.found())
}

// unit is one process to run or attach to, and the kinds it serves.
type unit struct {
	name    string // the plugin's name, and the kind if it has a process of its own
	plugin  string
	path    string // "" if attached
	config  PluginConfig
	choices map[contract.Kind]Choice
}

// kinds returns the unit's kinds in the order in which they are configured.
func (u *unit) kinds() []contract.Kind {
	return slices.DeleteFunc(contract.Kinds(), func(k contract.Kind) bool {
		_, ok := u.choices[k]
		return !ok
	})
}

// plan turns the choices into units; it reports all problems at once.
func (r resolver) plan(choices map[contract.Kind]Choice) ([]*unit, error) {
	byName := map[string]*unit{}
	var units []*unit
	var problems []error
	for _, kind := range contract.Kinds() {
		choice, ok := choices[kind]
		if !ok {
			continue
		}
		u, err := r.unit(kind, choice)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if have := byName[u.name]; have != nil {
			have.choices[kind] = choice
			continue
		}
		byName[u.name] = u
		units = append(units, u)
	}
	return units, errors.Join(problems...)
}

func (r resolver) unit(kind contract.Kind, choice Choice) (*unit, error) {
	plugin, err := r.resolve(kind, choice.Driver)
	if err != nil {
		return nil, err
	}
	path, err := r.path(plugin)
	if err != nil {
		return nil, fmt.Errorf("%s.driver %q: %w", kind, choice.Driver, err)
	}
	config := r.plugins[plugin]
	if err := config.check(plugin); err != nil {
		return nil, err
	}
	name := plugin
	if config.Isolation == isolationPerKind {
		name = plugin + "/" + string(kind)
	}
	return &unit{
		name: name, plugin: plugin, path: path, config: config,
		choices: map[contract.Kind]Choice{kind: choice},
	}, nil
}

func (p PluginConfig) check(name string) error {
	if p.Isolation != "" && p.Isolation != isolationPerKind {
		return fmt.Errorf("plugins.%s.isolation: %q is unknown; leave it out or set %q", name, p.Isolation, isolationPerKind)
	}
	if p.TransportSecurity != "" && p.TransportSecurity != securityAutoMTLS {
		return fmt.Errorf("plugins.%s.transport_security: %q is unknown; leave it out or set %q", name, p.TransportSecurity, securityAutoMTLS)
	}
	return nil
}
