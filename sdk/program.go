package sdk

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/wire"
)

// program is a run of a plugin's binary. Its methods return the exit status.
type program struct {
	plugin Plugin
	stdout *os.File // the real one
	stderr *os.File
}

func (p program) run(args []string) int {
	switch {
	case len(args) == 0 && startedByServer():
		return p.serve()
	case len(args) == 1 && args[0] == "describe":
		return p.describe()
	case len(args) == 1 && args[0] == "version":
		return p.version()
	case len(args) == 2 && args[0] == "serve" && (args[1] == "--debug" || args[1] == "-debug"):
		return p.debug()
	case len(args) == 0:
		p.explain(p.stderr)
		return 1
	default:
		fmt.Fprintf(p.stderr, "%s: unknown arguments %q\n\n", p.plugin.Name, args)
		p.explain(p.stderr)
		return 2
	}
}

// startedByServer tells a server from a person.
func startedByServer() bool {
	return os.Getenv(wire.Handshake.MagicCookieKey) == wire.Handshake.MagicCookieValue
}

func (p program) describe() int {
	enc := json.NewEncoder(p.stdout)
	enc.SetIndent("", "  ")
	return p.status(enc.Encode(NewServer(p.plugin, hclog.NewNullLogger()).Description()))
}

func (p program) version() int {
	line := p.plugin.Name + " " + p.plugin.Version
	if p.plugin.Commit != "" {
		line += " (" + p.plugin.Commit + ")"
	}
	_, err := fmt.Fprintln(p.stdout, line)
	return p.status(err)
}

func (p program) status(err error) int {
	if err != nil {
		fmt.Fprintf(p.stderr, "%s: %v\n", p.plugin.Name, err)
		return 1
	}
	return 0
}

// explain is what a person reads who runs the plugin.
func (p program) explain(w io.Writer) {
	fmt.Fprintf(w, "%s %s is a backend plugin. It is not run by hand: a server starts it\n", p.plugin.Name, p.plugin.Version)
	fmt.Fprintf(w, "when its configuration chooses one of its drivers:\n\n")
	for _, d := range p.plugin.Drivers {
		fmt.Fprintf(w, "    %s.driver = %q\n", d.kind, d.name)
	}
	if len(p.plugin.Drivers) == 0 {
		fmt.Fprintf(w, "    (this version has none)\n")
	}
	fmt.Fprintf(w, "\nPut the file into the server's plugin directory, under the name %q.\n\n", p.plugin.Name)
	fmt.Fprintf(w, "    %s describe        what it offers, with all options, as JSON\n", p.plugin.Name)
	fmt.Fprintf(w, "    %s version         its version\n", p.plugin.Name)
	fmt.Fprintf(w, "    %s serve --debug   serve a server that attaches, for instance under a debugger\n", p.plugin.Name)
}

// newLogger logs as JSON lines, which the server reads, to a file that nothing
// replaces later.
func (p program) newLogger() hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Name: p.plugin.Name, Level: hclog.Info, Output: p.stderr, JSONFormat: true})
}
