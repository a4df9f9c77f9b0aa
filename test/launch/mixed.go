package launch

import (
	"fmt"
	"os"
)

// Prebuilt are binaries that were built before: the core in dir, the memory plugin
// and those with these names in its directory plugins. Remove is not for them.
func Prebuilt(dir string, plugins ...string) (*Binaries, error) {
	b := &Binaries{dir: dir, plugins: append([]string{"memory"}, plugins...)}
	paths := []string{b.Core()}
	for _, name := range b.plugins {
		paths = append(paths, b.Plugin(name))
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("find the binaries of another build: %w", err)
		}
	}
	return b, nil
}

// With is the core of b with the plugins of another build. Remove is not for it.
func (b *Binaries) With(plugins *Binaries) *Binaries {
	return &Binaries{dir: b.dir, pluginDir: plugins.PluginDir(), plugins: plugins.plugins}
}

// Use has the server run other binaries from the next Restart on.
func (s *Server) Use(b *Binaries) { s.binaries = b }
