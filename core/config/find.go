package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Source is everything that a configuration is made of.
type Source struct {
	// ConfigPath is the file named by the flag --config; "" if there was none.
	ConfigPath string
	// PluginDir is the directory named by the flag --plugin-dir; "" if there was none.
	PluginDir string
	// Environ is the environment as "NAME=value"; of two equal names the last counts.
	Environ []string
	// WorkDir is where relative paths begin; "" means the working directory.
	WorkDir string
	// Executable is the path of our own program, from which the plugin directory
	// is found; "" means os.Executable.
	Executable string
}

// maxFileBytes bounds what is read from a configuration file.
const maxFileBytes = 16 << 20

// searched are the files that are looked for when none is named, best first.
var searched = []string{
	"config/config.toml", "config/config.json", "config/config.yaml", "config/config.yml",
}

// findFile returns the name of the file to read, "" if there is none, and the
// names of those that would have been read next.
func (l *loader) findFile() (name string, passedOver []string) {
	if l.src.ConfigPath != "" {
		return l.src.ConfigPath, nil
	}
	if named := l.env["CONFIG_FILE"]; named != "" {
		return named, nil
	}
	for _, candidate := range searched {
		if _, err := os.Stat(l.path(candidate)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if name == "" {
			name = candidate
		} else {
			passedOver = append(passedOver, candidate)
		}
	}
	return name, passedOver
}

// path makes a path of the configuration one that can be opened.
func (l *loader) path(name string) string {
	if filepath.IsAbs(name) || l.src.WorkDir == "" {
		return name
	}
	return filepath.Join(l.src.WorkDir, name)
}

// readFile returns the text of a file, at most maxFileBytes of it.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(text) > maxFileBytes {
		err = fmt.Errorf("read %s: larger than %d MiB", path, maxFileBytes>>20)
	}
	return text, err
}

// defaultPluginDir is "plugins" beside the executable if that exists, else
// ../lib/jackfield/plugins from there. Links to the executable are followed.
func defaultPluginDir(executable string) string {
	if executable == "" {
		executable, _ = os.Executable()
	}
	if real, err := filepath.EvalSymlinks(executable); err == nil {
		executable = real
	}
	dir := filepath.Dir(executable)
	beside := filepath.Join(dir, "plugins")
	if info, err := os.Stat(beside); err == nil && info.IsDir() {
		return beside
	}
	installed := filepath.Join(dir, "..", "lib", "jackfield", "plugins")
	if info, err := os.Stat(installed); err == nil && info.IsDir() {
		return installed
	}
	return beside
}

// environment makes a map of "NAME=value" pairs. Names whose value is empty are
// left out: an empty value means "not set".
func environment(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		delete(env, name)
		if strings.TrimSpace(value) != "" {
			env[name] = value
		}
	}
	return env
}
