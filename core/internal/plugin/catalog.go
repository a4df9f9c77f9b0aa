package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// manifestSuffix ends the name of the file beside a plugin that says which
// drivers it serves: the output of the plugin's "describe".
const manifestSuffix = ".plugin.json"

// catalog is what a plugin directory holds. Nothing is executed to find out.
type catalog struct {
	dir     string
	entries map[string]catalogEntry // by plugin name
}

type catalogEntry struct {
	path     string
	manifest *manifest // nil if there is none
}

// manifest is the part of a plugin's description that the catalogue reads.
type manifest struct {
	Name    string           `json:"name"`
	Version string           `json:"version"`
	Drivers []manifestDriver `json:"drivers"`
}

type manifestDriver struct {
	Kind contract.Kind `json:"kind"`
	Name string        `json:"name"`
}

// readCatalog lists the plugins of dir; the file's name is the plugin's name.
// Hidden files, directories and files that are no programs are passed over. An
// empty or absent directory is an empty catalogue.
func readCatalog(dir string) (*catalog, error) {
	c := &catalog{dir: dir, entries: map[string]catalogEntry{}}
	if dir == "" {
		return c, nil
	}
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read plugin directory: %w", err)
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		if !isProgram(path) {
			continue
		}
		m, err := readManifest(path + manifestSuffix)
		if err != nil {
			return nil, err
		}
		c.entries[f.Name()] = catalogEntry{path: path, manifest: m}
	}
	return c, nil
}

// isProgram is whether a file looks like a plugin: executable, or without an
// extension (then the checks before its start tell what is wrong with it).
func isProgram(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	name := filepath.Base(path)
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".lock") {
		return false
	}
	return info.Mode()&0o111 != 0 || filepath.Ext(name) == ""
}

func readManifest(path string) (*manifest, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read plugin manifest: %w", err)
	}
	m := new(manifest)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("read plugin manifest %s: %w; write it anew with the plugin's \"describe\"", path, err)
	}
	return m, nil
}

// serves is whether the manifest lists the driver.
func (m *manifest) serves(kind contract.Kind, driver string) bool {
	return m != nil && slices.Contains(m.Drivers, manifestDriver{Kind: kind, Name: driver})
}

// names returns the names of all plugins, sorted.
func (c *catalog) names() []string {
	names := make([]string, 0, len(c.entries))
	for name := range c.entries {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// found describes the directory's content for an error.
func (c *catalog) found() string {
	switch {
	case c.dir == "":
		return "no plugin directory is set"
	case len(c.entries) == 0:
		return fmt.Sprintf("looked in %s: no plugins", c.dir)
	}
	return fmt.Sprintf("looked in %s: %s", c.dir, strings.Join(c.names(), ", "))
}
