package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/jackfield/jackfield/core"
	"github.com/jackfield/jackfield/core/config"
)

const webhooksUsage = `Usage: jackfield webhooks dead list|replay|purge [flags]

Lists the webhook jobs that were given up, puts them back into the queue, or
deletes them. It asks a running server, on its metrics listener, with the token
admin.token (ADMIN_TOKEN) of the configuration.

Flags:
  --id ID              replay, purge: this one; may be repeated
  --all                replay, purge: all of them
  --json               list: print JSON, one letter per line
  --admin-url URL      the server; default: this machine and the configured metrics.port
  -c, --config FILE    configuration, as for the server
`

// deadFlags are what the command line of "webhooks dead" says.
type deadFlags struct {
	action   string
	ids      idList
	all      bool
	json     bool
	adminURL string
	config   string
}

// idList collects repeated flags; each may hold several ids with commas.
type idList []string

func (l *idList) String() string { return strings.Join(*l, ",") }

func (l *idList) Set(text string) error {
	*l = append(*l, strings.Split(text, ",")...)
	return nil
}

// parseDead reads the arguments after "webhooks".
func parseDead(args []string) (deadFlags, error) {
	if len(args) < 2 || args[0] != "dead" {
		return deadFlags{}, errors.New(`"webhooks" is followed by: dead list, dead replay or dead purge`)
	}
	f := deadFlags{action: args[1]}
	set := flag.NewFlagSet("webhooks dead", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Var(&f.ids, "id", "")
	set.BoolVar(&f.all, "all", false, "")
	set.BoolVar(&f.json, "json", false, "")
	set.StringVar(&f.adminURL, "admin-url", "", "")
	set.StringVar(&f.config, "config", "", "")
	set.StringVar(&f.config, "c", "", "")
	if err := set.Parse(args[2:]); err != nil {
		return f, explain(err)
	}
	return f, f.check(set.NArg(), set.Arg(0))
}

func (f deadFlags) check(extra int, first string) error {
	which := f.all || len(f.ids) > 0
	switch {
	case extra > 0:
		return fmt.Errorf("unexpected argument %q", first)
	case f.action == "list" && which:
		return errors.New("list shows all dead letters; it takes neither --id nor --all")
	case f.action == "list":
		return nil
	case f.action != "replay" && f.action != "purge":
		return fmt.Errorf(`unknown action %q; there are list, replay and purge`, f.action)
	case f.all == (len(f.ids) > 0):
		return fmt.Errorf("%s needs either --id or --all", f.action)
	}
	return nil
}

// runWebhooks is the program for "webhooks"; args are those after that word.
func runWebhooks(args, env []string, stdout, stderr io.Writer) int {
	for _, arg := range args {
		if arg == "--help" || arg == "-h" {
			fmt.Fprint(stdout, webhooksUsage)
			return exitOK
		}
	}
	f, err := parseDead(args)
	if err != nil {
		fmt.Fprintf(stderr, "jackfield: %v\nTry jackfield webhooks --help.\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := f.do(ctx, env, stdout); err != nil {
		fmt.Fprintf(stderr, "jackfield: %v\n", err)
		return exitFailure
	}
	return exitOK
}

func (f deadFlags) do(ctx context.Context, env []string, stdout io.Writer) error {
	cfg, _, err := config.Load(config.Source{ConfigPath: f.config, Environ: env})
	if err != nil {
		return err
	}
	if cfg.Admin.Token == "" {
		return errors.New("there is no token: set ADMIN_TOKEN, or admin.token in the configuration, to that of the server")
	}
	err = f.ask(ctx, adminClient(cfg, f.adminURL), stdout)
	if _, unreachable := errors.AsType[*url.Error](err); unreachable {
		return fmt.Errorf("%w; start the server, or name another with --admin-url", err)
	}
	return err
}

func (f deadFlags) ask(ctx context.Context, client core.AdminClient, stdout io.Writer) error {
	which := core.DeadChoice{IDs: f.ids, All: f.all}
	switch f.action {
	case "replay":
		n, err := client.ReplayDead(ctx, which)
		return report(stdout, "replayed", n, err)
	case "purge":
		n, err := client.PurgeDead(ctx, which)
		return report(stdout, "purged", n, err)
	}
	return list(ctx, client, f.json, stdout)
}

// adminClient asks the server at url; at "" that of this machine.
func adminClient(cfg *config.Config, url string) core.AdminClient {
	return core.AdminClient{URL: cmp.Or(url, adminURL(cfg.Metrics)), Token: cfg.Admin.Token, HTTP: &http.Client{Timeout: requestTimeout}}
}

// adminURL is where a server of this machine listens for operators.
func adminURL(m config.Metrics) string {
	host := strings.Trim(m.Host, "[]")
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(int(m.Port)))
}

func report(stdout io.Writer, what string, n int64, err error) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %d\n", what, n)
	return err
}

const listPage = 500

// list prints all dead letters, page by page.
func list(ctx context.Context, client core.AdminClient, asJSON bool, stdout io.Writer) error {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	if !asJSON {
		fmt.Fprintln(table, "ID\tDIED\tATTEMPTS\tGROUP\tREASON")
	}
	for page := ""; ; {
		p, err := client.ListDead(ctx, page, listPage)
		if err != nil {
			return err
		}
		for _, l := range p.Dead {
			if asJSON {
				err = json.NewEncoder(stdout).Encode(l)
			} else {
				_, err = fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", l.ID, l.DiedAt, l.Attempts, l.Group, l.Reason)
			}
			if err != nil {
				return err
			}
		}
		if page = p.Next; page == "" {
			return table.Flush()
		}
	}
}
