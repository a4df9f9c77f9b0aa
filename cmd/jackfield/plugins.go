package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/jackfield/jackfield/core"
	"github.com/jackfield/jackfield/core/config"
)

const pluginsUsage = `Usage: jackfield plugins lock [flags]

Writes the checksums of all plugins in the plugin directory, and of those that the
configuration names by a path, to plugins.lock there (or plugin_lock_file). From then
on the server executes no other ones. Run it again when plugins have changed.

Flags:
  -c, --config FILE    configuration, as for the server
  --plugin-dir DIR     directory of plugins, as for the server
`

// runPlugins is the program for "plugins"; args are those after that word.
func runPlugins(args, env []string, stdout, stderr io.Writer) int {
	f, err := parsePlugins(args)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "jackfield: %v\nTry jackfield plugins --help.\n", err)
		return exitUsage
	case f.help:
		fmt.Fprint(stdout, pluginsUsage)
		return exitOK
	}
	if err := lockPlugins(config.Source{ConfigPath: f.config, PluginDir: f.pluginDir, Environ: env}, stdout); err != nil {
		fmt.Fprintf(stderr, "jackfield: %v\n", err)
		return exitFailure
	}
	return exitOK
}

func parsePlugins(args []string) (flags, error) {
	action, rest := "", args
	if len(args) > 0 {
		action, rest = args[0], args[1:]
	}
	switch action {
	case "lock":
		return parseFlags(rest)
	case "--help", "-h":
		return flags{help: true}, nil
	}
	return flags{}, errors.New(`"plugins" is followed by: lock`)
}

func lockPlugins(src config.Source, stdout io.Writer) error {
	cfg, _, err := config.Load(src)
	if err != nil {
		return err
	}
	file, locked, err := core.LockPlugins(cfg)
	if err != nil {
		return err
	}
	for _, p := range locked {
		fmt.Fprintf(stdout, "%s  %s (%s/%s)\n", p.SHA256, p.Name, p.OS, p.Arch)
	}
	_, err = fmt.Fprintf(stdout, "written to %s\n", file)
	return err
}
