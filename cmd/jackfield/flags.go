package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

const usage = `Usage: jackfield [flags]
       jackfield apps list|show|add|set|rotate-secret|remove [flags]
       jackfield webhooks dead list|replay|purge [flags]
       jackfield plugins lock [flags]

A realtime server that speaks the Pusher Channels protocol. The other forms look after
apps, after the webhook jobs that a running server gave up, and write down the checksums
of plugins.

Flags:
  -c, --config FILE    configuration in JSON, TOML or YAML (also CONFIG_FILE); without it
                       config/config.toml, .json, .yaml, .yml, else the environment alone
  --plugin-dir DIR     directory of plugins (also PLUGIN_DIR)
  --version            print version, commit and plugin protocol
  --help               print this text

Every key of the file and its environment name: docs/configuration.md
`

// flags are what the command line says.
type flags struct {
	config    string
	pluginDir string
	version   bool
	help      bool
}

// parseFlags reads the arguments after the program's name.
func parseFlags(args []string) (flags, error) {
	var f flags
	set := flag.NewFlagSet("jackfield", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&f.config, "config", "", "")
	set.StringVar(&f.config, "c", "", "")
	set.StringVar(&f.pluginDir, "plugin-dir", "", "")
	set.BoolVar(&f.version, "version", false, "")
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		f.help = true
		return f, nil
	case err != nil:
		return f, explain(err)
	case set.NArg() > 0:
		return f, fmt.Errorf("unexpected argument %q; a configuration file is named by --config", set.Arg(0))
	}
	return f, nil
}

// explain rewords an error of package flag, whose text names every flag by one dash.
func explain(err error) error {
	if name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); unknown {
		return fmt.Errorf("unknown flag %s", dashed(name))
	}
	if name, missing := strings.CutPrefix(err.Error(), "flag needs an argument: -"); missing {
		return fmt.Errorf("flag %s needs a value", dashed(name))
	}
	return err
}

// dashed writes a flag as people do.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
