package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// lockFileName is the lock file's name in a plugin directory.
const lockFileName = "plugins.lock"

// LockEntry is what plugins.lock holds about one plugin.
type LockEntry struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	SHA256  string `json:"sha256"`
	// Note says what the checksum does not cover: what a script imports.
	Note string `json:"note,omitempty"`
}

// scriptNote stands in the lock entry of a "#!" file.
const scriptNote = "a script: its interpreter and what it imports are not covered by this checksum"

type lockContent struct {
	Version int         `json:"version"`
	Plugins []LockEntry `json:"plugins"`
}

// Lock writes the checksums of all plugins in o.Dir, and of those that have a
// path, to o.LockFile, replacing it at once, and returns the file and what it
// holds. Entries for other systems and architectures stay. No plugin is executed.
func Lock(o Options) (file string, entries []LockEntry, err error) {
	if file = o.LockFile; file == "" {
		file = filepath.Join(o.Dir, lockFileName)
	}
	c, err := readCatalog(o.Dir)
	if err != nil {
		return file, nil, err
	}
	for name, p := range o.Plugins {
		if p.Path != "" {
			c.entries[name] = catalogEntry{path: p.Path}
		}
	}
	if len(c.entries) == 0 {
		return file, nil, fmt.Errorf("there is no plugin to lock (%s)", c.found())
	}
	if entries, err = c.lockEntries(file); err != nil {
		return file, nil, err
	}
	return file, entries, writeLock(file, entries)
}

// lockEntries are those of the file for other systems, and one for each plugin.
func (c *catalog) lockEntries(file string) ([]LockEntry, error) {
	entries, err := foreignEntries(file)
	if err != nil {
		return nil, err
	}
	for _, name := range c.names() {
		e, err := lockEntry(name, c.entries[name])
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// foreignEntries returns the entries that are not for this system.
func foreignEntries(file string) ([]LockEntry, error) {
	old, err := readLock(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var kept []LockEntry
	for _, e := range old.entries {
		if !e.local() {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

func lockEntry(name string, c catalogEntry) (LockEntry, error) {
	e := LockEntry{Name: name, OS: runtime.GOOS, Arch: runtime.GOARCH}
	if c.manifest != nil {
		e.Version = c.manifest.Version
	}
	f, err := os.Open(c.path)
	if err != nil {
		return e, fmt.Errorf("lock plugin %q: %w", name, err)
	}
	defer f.Close()
	if isScript(f) {
		e.Note = scriptNote
	}
	e.SHA256, err = checksum(io.NewSectionReader(f, 0, 1<<62))
	if err != nil {
		return e, fmt.Errorf("lock plugin %q: %w", name, err)
	}
	return e, nil
}

// local is whether the entry is for this system and architecture.
func (e LockEntry) local() bool { return e.OS == runtime.GOOS && e.Arch == runtime.GOARCH }

func checksum(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// writeLock replaces file in one step, so that no reader sees a half.
func writeLock(file string, entries []LockEntry) error {
	data, err := json.MarshalIndent(lockContent{Version: 1, Plugins: entries}, "", "  ")
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".plugins.lock-")
	if err != nil {
		return fmt.Errorf("write plugin lock file: %w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(append(data, '\n'))
	if err := errors.Join(err, temp.Chmod(0o644), temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("write plugin lock file: %w", err)
	}
	if err := os.Rename(temp.Name(), file); err != nil {
		return fmt.Errorf("write plugin lock file: %w", err)
	}
	return nil
}

// lock is a lock file that was read. A nil lock locks nothing.
type lock struct {
	file    string
	entries []LockEntry
}

// openLock reads the lock file of a host. Only one that was named must exist.
func openLock(file, dir string) (*lock, error) {
	if file != "" {
		return readLock(file)
	}
	if dir == "" {
		return nil, nil
	}
	l, err := readLock(filepath.Join(dir, lockFileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return l, err
}

func readLock(file string) (*lock, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read plugin lock file: %w", err)
	}
	var content lockContent
	if err := json.Unmarshal(data, &content); err != nil {
		return nil, fmt.Errorf("read plugin lock file %s: %w", file, err)
	}
	if content.Version != 1 {
		return nil, fmt.Errorf("read plugin lock file %s: version %d is unknown; write it anew with \"jackfield plugins lock\"", file, content.Version)
	}
	return &lock{file: file, entries: content.Plugins}, nil
}

// checksumOf returns the checksum that a plugin must have, "" for any.
func (l *lock) checksumOf(plugin string) (string, error) {
	if l == nil {
		return "", nil
	}
	for _, e := range l.entries {
		if e.Name == plugin && e.local() {
			return e.SHA256, nil
		}
	}
	return "", fmt.Errorf("plugin %q is not in %s for %s/%s; add it with \"jackfield plugins lock\"",
		plugin, l.file, runtime.GOOS, runtime.GOARCH)
}
