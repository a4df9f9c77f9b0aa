package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/jackfield/jackfield/core"
)

// list prints all apps, page by page.
func (f appsFlags) list(ctx context.Context, admin core.AppAdmin, stdout io.Writer) error {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	if !f.json {
		fmt.Fprintln(table, "ID\tKEY\tENABLED\tREVISION"+f.secretHead())
	}
	for page := ""; ; {
		p, err := admin.List(ctx, page, listPage, f.secrets)
		if err != nil {
			return err
		}
		for _, doc := range p.Apps {
			if err := f.row(stdout, table, doc); err != nil {
				return err
			}
		}
		if page = p.Next; page == "" {
			return table.Flush()
		}
	}
}

func (f appsFlags) secretHead() string {
	if f.secrets {
		return "\tSECRET"
	}
	return ""
}

// row prints one app of a list.
func (f appsFlags) row(stdout io.Writer, table *tabwriter.Writer, doc json.RawMessage) error {
	if f.json {
		_, err := fmt.Fprintf(stdout, "%s\n", doc)
		return err
	}
	var app struct {
		ID, Key, Secret string
		Enabled         bool
		Revision        uint64
	}
	if err := json.Unmarshal(doc, &app); err != nil {
		return err
	}
	secret := ""
	if f.secrets {
		secret = "\t" + app.Secret
	}
	_, err := fmt.Fprintf(table, "%s\t%s\t%v\t%d%s\n", app.ID, app.Key, app.Enabled, app.Revision, secret)
	return err
}

// print shows one app: a field per line.
func (f appsFlags) print(stdout io.Writer, doc json.RawMessage) error {
	if f.json {
		_, err := fmt.Fprintf(stdout, "%s\n", doc)
		return err
	}
	var app map[string]json.RawMessage
	if err := json.Unmarshal(doc, &app); err != nil {
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	first := []string{"id", "key", "secret", "secrets", "enabled", "revision"}
	rest := slices.DeleteFunc(slices.Sorted(maps.Keys(app)), func(name string) bool { return slices.Contains(first, name) })
	for _, name := range append(first, rest...) {
		if raw, there := app[name]; there {
			fmt.Fprintf(table, "%s\t%s\n", name, plain(raw))
		} else if name == "secret" {
			fmt.Fprintln(table, "secret\t(not shown; --show-secrets)")
		}
	}
	return table.Flush()
}

// plain writes a text without quotes, anything else as JSON in one line.
func plain(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}
