package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core"
	"github.com/jackfield/jackfield/core/config"
	"github.com/jackfield/jackfield/sdk/contract"
)

// runApps is the program for "apps"; args are those after that word.
func runApps(args, env []string, stdout, stderr io.Writer) int {
	f, err := parseApps(args, os.Stdin)
	switch {
	case f.help:
		fmt.Fprint(stdout, appsUsage)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "jackfield: %v\nTry jackfield apps --help.\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := f.run(ctx, env, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "jackfield: %v\n", err)
		return statusOf(err)
	}
	return exitOK
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, contract.ErrNotFound):
		return exitNotFound
	case errors.Is(err, contract.ErrConflict):
		return exitConflict
	}
	return exitFailure
}

// requestTimeout bounds one request to a server, which waits for its store for
// some seconds at most.
const requestTimeout = 30 * time.Second

// run opens the administration and does what was asked.
func (f appsFlags) run(ctx context.Context, env []string, stdout, stderr io.Writer) error {
	cfg, _, err := config.Load(config.Source{ConfigPath: f.config, PluginDir: f.pluginDir, Environ: env})
	if err != nil {
		return err
	}
	if f.direct {
		return f.runDirect(ctx, cfg, stdout, stderr)
	}
	if cfg.Admin.Token == "" {
		return errors.New("there is no token: set ADMIN_TOKEN, or admin.token in the configuration, to that of the server; " +
			"or use --direct while no server runs")
	}
	err = f.do(ctx, adminClient(cfg, f.adminURL), stdout)
	if _, unreachable := errors.AsType[*url.Error](err); unreachable {
		return fmt.Errorf("%w; start the server, name another with --admin-url, or use --direct", err)
	}
	return err
}

// runDirect does it with the app manager alone.
func (f appsFlags) runDirect(ctx context.Context, cfg *config.Config, stdout, stderr io.Writer) error {
	log := hclog.New(&hclog.LoggerOptions{Name: "jackfield", Level: hclog.Warn, Output: stderr})
	admin, stop, err := core.OpenApps(ctx, cfg, log)
	if err != nil {
		return err
	}
	return errors.Join(f.do(ctx, admin, stdout), stop())
}

func (f appsFlags) do(ctx context.Context, admin core.AppAdmin, stdout io.Writer) error {
	switch f.action {
	case "list":
		return f.list(ctx, admin, stdout)
	case "remove":
		if err := admin.Remove(ctx, f.id, f.revision); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "removed: %s\n", f.id)
		return err
	}
	doc, err := f.one(ctx, admin)
	if err != nil {
		return err
	}
	return f.print(stdout, doc)
}

// one does an action that ends with one app.
func (f appsFlags) one(ctx context.Context, admin core.AppAdmin) (json.RawMessage, error) {
	switch f.action {
	case "add":
		return admin.Add(ctx, f.document, f.secrets)
	case "set":
		return admin.Change(ctx, f.id, f.document, f.revision, f.secrets)
	case "rotate-secret":
		return admin.RotateSecret(ctx, f.id, core.AppRotation{DropOld: f.dropOld, Revision: f.revision}, f.secrets)
	}
	return admin.Show(ctx, f.id, f.secrets)
}
