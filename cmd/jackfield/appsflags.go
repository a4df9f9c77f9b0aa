package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

const appsUsage = `Usage: jackfield apps list [flags]
       jackfield apps show ID [flags]
       jackfield apps add ID [NAME=VALUE ...] [flags]
       jackfield apps set ID NAME=VALUE ... [flags]
       jackfield apps rotate-secret ID [flags]
       jackfield apps remove ID [flags]

Looks at the apps of the configured app manager and changes them. NAME is a field of
an app as in the configuration file, VALUE is JSON or plain text, and nothing after
the = means the server's own setting:

       jackfield apps set shop max_connections=500 enable_client_messages=true
       jackfield apps set shop allowed_origins=https://a.example,https://b.example

It asks a running server, on its metrics listener, with the token admin.token
(ADMIN_TOKEN) of the configuration; there a change counts at once. --direct starts
the app manager by itself instead, for when no server runs.

Flags:
  --file FILE          add, set: more fields from a JSON object; - reads the input.
                       Secrets are given so, for arguments can be seen by others
  --revision N         set, rotate-secret, remove: only if this is still the revision
  --drop-old           rotate-secret: the old secret ends at once
  --show-secrets       print secrets
  --json               print JSON; list: one app per line
  --direct             without a server
  --admin-url URL      the server; default: this machine and the configured metrics.port
  -c, --config FILE    configuration, as for the server
  --plugin-dir DIR     directory of plugins, for --direct

The exit status is 3 if there is no such app, and 4 if the app has another revision
or an id or key is taken.
`

// appsFlags are what the command line of "apps" says.
type appsFlags struct {
	action, id string
	document   json.RawMessage // of add and set
	file       string
	revision   uint64
	dropOld    bool
	secrets    bool
	json       bool
	direct     bool
	help       bool
	adminURL   string
	config     string
	pluginDir  string
}

var appsActions = []string{"list", "show", "add", "set", "rotate-secret", "remove"}

// parseApps reads the arguments after "apps". Flags may stand anywhere.
func parseApps(args []string, stdin io.Reader) (appsFlags, error) {
	var f appsFlags
	words, err := f.split(args)
	if err != nil || f.help {
		return f, err
	}
	if len(words) == 0 {
		return f, fmt.Errorf(`"apps" is followed by one of: %s`, strings.Join(appsActions, ", "))
	}
	if f.action = words[0]; !slices.Contains(appsActions, f.action) {
		return f, fmt.Errorf("unknown action %q; there are %s", f.action, strings.Join(appsActions, ", "))
	}
	words = words[1:]
	if f.action != "list" {
		if len(words) == 0 || strings.Contains(words[0], "=") {
			return f, fmt.Errorf("%s needs the id of an app", f.action)
		}
		f.id, words = words[0], words[1:]
	}
	if err := f.check(words); err != nil {
		return f, err
	}
	return f, f.read(words, stdin)
}

// split separates flags from the words between them.
func (f *appsFlags) split(args []string) (words []string, err error) {
	set := flag.NewFlagSet("apps", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&f.file, "file", "", "")
	set.Uint64Var(&f.revision, "revision", 0, "")
	set.BoolVar(&f.dropOld, "drop-old", false, "")
	set.BoolVar(&f.secrets, "show-secrets", false, "")
	set.BoolVar(&f.json, "json", false, "")
	set.BoolVar(&f.direct, "direct", false, "")
	set.StringVar(&f.adminURL, "admin-url", "", "")
	set.StringVar(&f.config, "config", "", "")
	set.StringVar(&f.config, "c", "", "")
	set.StringVar(&f.pluginDir, "plugin-dir", "", "")
	for {
		if err := set.Parse(args); err != nil {
			f.help = errors.Is(err, flag.ErrHelp)
			return nil, explain(err)
		}
		if args = set.Args(); len(args) == 0 {
			return words, nil
		}
		words, args = append(words, args[0]), args[1:]
	}
}

// check finds flags and words that do not belong to the action.
func (f *appsFlags) check(words []string) error {
	writes := f.action == "add" || f.action == "set"
	revises := slices.Contains([]string{"set", "rotate-secret", "remove"}, f.action)
	switch {
	case !writes && len(words) > 0:
		return fmt.Errorf("unexpected argument %q", words[0])
	case !writes && f.file != "":
		return fmt.Errorf("%s takes no --file", f.action)
	case !revises && f.revision != 0:
		return fmt.Errorf("%s takes no --revision", f.action)
	case f.dropOld && f.action != "rotate-secret":
		return fmt.Errorf("%s takes no --drop-old", f.action)
	case f.action == "set" && len(words) == 0 && f.file == "":
		return errors.New("set needs NAME=VALUE, or --file")
	case f.direct && f.adminURL != "":
		return errors.New("--direct and --admin-url exclude each other")
	}
	return nil
}

// read makes the document of add and set.
func (f *appsFlags) read(words []string, stdin io.Reader) error {
	if f.action != "add" && f.action != "set" {
		return nil
	}
	doc, err := readDocument(f.file, stdin)
	if err != nil {
		return err
	}
	for _, word := range words {
		name, text, ok := strings.Cut(word, "=")
		switch {
		case !ok:
			return fmt.Errorf("%q is not NAME=VALUE", word)
		case name == "secret" || name == "secrets":
			return fmt.Errorf("a secret in an argument can be seen by others; use --file -, or rotate-secret")
		}
		doc[name] = valueOf(name, text)
	}
	if f.action == "add" {
		doc["id"] = f.id
	}
	f.document, err = json.Marshal(doc)
	return err
}

// maxFile bounds the file of --file.
const maxFile = 1 << 20

func readDocument(name string, stdin io.Reader) (map[string]any, error) {
	doc := map[string]any{}
	if name == "" {
		return doc, nil
	}
	in := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("--file: %w", err)
		}
		defer file.Close()
		in = file
	}
	d := json.NewDecoder(io.LimitReader(in, maxFile))
	d.UseNumber()
	err := d.Decode(&doc)
	if err == nil && doc == nil {
		err = errors.New("it is null")
	}
	if err != nil {
		return nil, fmt.Errorf("--file %s must hold a JSON object: %w", name, err)
	}
	return doc, nil
}

// valueOf reads the text after a name: nothing, JSON, a list with commas, or text.
func valueOf(name, text string) any {
	var v any
	switch {
	case text == "":
		return nil
	case name == "key":
		return text
	case json.Unmarshal([]byte(text), &v) == nil:
		return json.RawMessage(text)
	case name == "allowed_origins":
		return strings.Split(text, ",")
	}
	return text
}
