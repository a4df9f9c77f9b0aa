package sdk

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/wire"
)

// Plugin is what a program serves.
type Plugin struct {
	// Name is the plugin's, and its file's.
	Name string
	// Version is the plugin's own; "" means that of the main module.
	Version string
	// Commit is the source's; "" means what the Go tool recorded.
	Commit string
	// Drivers are the drivers to choose from, each named once per kind.
	Drivers []Driver
}

// Serve does what the command line asks for and exits: started by a server it
// serves until the server ends it or is gone; "describe" prints as JSON what
// the plugin is, "version" its version, "serve --debug" serves a server that
// attaches. It is all that main does.
func Serve(p Plugin) {
	if err := p.check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(program{plugin: p.filled(), stdout: realStdout, stderr: os.Stderr}.run(os.Args[1:]))
}

// NewServer returns a server of the plugin's drivers, as Serve runs it. Tests
// register it on a gRPC server of their own.
func NewServer(p Plugin, logger hclog.Logger) *wire.Server {
	opts := wire.ServerOptions{Name: p.Name, Version: p.Version, Commit: p.Commit, Logger: logger}
	for _, d := range p.Drivers {
		opts.Drivers = append(opts.Drivers, d.offer(logger))
	}
	return wire.NewServer(opts)
}

// check finds what is wrong with the plugin itself.
func (p Plugin) check() error {
	if p.Name == "" {
		return errors.New("the plugin has no name: set sdk.Plugin.Name to the name of its file")
	}
	seen := make(map[string]bool)
	for _, d := range p.Drivers {
		key := string(d.kind) + " " + d.name
		if d.open == nil || d.name == "" {
			return fmt.Errorf("plugin %s: a driver has no name or was not made by one of sdk's functions", p.Name)
		}
		if seen[key] {
			return fmt.Errorf("plugin %s: driver %s is named twice", p.Name, key)
		}
		seen[key] = true
	}
	return nil
}

// filled adds what the Go tool knows.
func (p Plugin) filled() Plugin {
	info, ok := debug.ReadBuildInfo()
	if ok && p.Version == "" {
		p.Version = info.Main.Version
	}
	if ok && p.Commit == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				p.Commit = s.Value
			}
		}
	}
	return p
}
