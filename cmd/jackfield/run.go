package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core"
	"github.com/jackfield/jackfield/core/config"
)

// The exit statuses.
const (
	exitOK       = 0
	exitFailure  = 1
	exitUsage    = 2
	exitNotFound = 3 // apps: there is no such app
	exitConflict = 4 // apps: somebody else was quicker, or an id or key is taken
)

// run is the whole program but for the process around it: args are the
// arguments after the program's name, env is the environment as "NAME=value".
// It returns the exit status.
func run(args, env []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "webhooks" {
		return runWebhooks(args[1:], env, stdout, stderr)
	}
	if len(args) > 0 && args[0] == "apps" {
		return runApps(args[1:], env, stdout, stderr)
	}
	if len(args) > 0 && args[0] == "plugins" {
		return runPlugins(args[1:], env, stdout, stderr)
	}
	f, err := parseFlags(args)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "jackfield: %v\nTry jackfield --help.\n", err)
		return exitUsage
	case f.help:
		fmt.Fprint(stdout, usage)
		return exitOK
	case f.version:
		fmt.Fprintln(stdout, versionText())
		return exitOK
	}
	src := config.Source{ConfigPath: f.config, PluginDir: f.pluginDir, Environ: env}
	cfg, notices, err := config.Load(src)
	if err != nil {
		for _, n := range notices {
			fmt.Fprintln(stderr, n)
		}
		fmt.Fprintf(stderr, "jackfield: %v\n", err)
		return exitFailure
	}
	return serve(src, cfg, notices, stderr)
}

// gcPercent is what GOGC is if it is not set. Handshakes leave garbage among the
// connections' own memory; collecting it at half the usual growth makes idle
// connections 5 % smaller. Deliveries leave none, so they do not pay for it.
const gcPercent = 50

// serve runs the server until a signal asks it to end; a second signal ends it
// at once. SIGHUP has src read again.
func serve(src config.Source, cfg *config.Config, notices []config.Notice, stderr io.Writer) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	log := newLogger(cfg, stderr)
	tell(log, notices)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop)
	reload, wait := reloads(ctx, src, log)
	err := core.Run(ctx, cfg, core.Options{Logger: log, Reload: reload})
	stop()
	wait()
	if err != nil {
		log.Error("cannot go on", "err", err)
		return exitFailure
	}
	return exitOK
}

// tell logs notices about the configuration.
func tell(log hclog.Logger, notices []config.Notice) {
	for _, n := range notices {
		level := hclog.Info
		if n.Warning {
			level = hclog.Warn
		}
		log.Log(level, n.String())
	}
}
