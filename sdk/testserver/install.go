package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// installed returns the directory into which `make deps` has put a server that
// no package of the system provides, such as "fauxqs-1.9.2".
func installed(name string) (string, error) {
	caches, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(caches, "jackfield", "servers", name)
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("%s %w", name, errNotInstalled)
	}
	return dir, nil
}

// program returns the path of a program: from PATH, or from the places where the
// packages of the system put servers.
func program(name string, places ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, place := range append(places, "/usr/sbin", "/usr/local/sbin") {
		found, _ := filepath.Glob(filepath.Join(place, name))
		if len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", fmt.Errorf("%s %w", name, errNotInstalled)
}
