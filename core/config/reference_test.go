package config

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/compat"
)

const referenceFile = "../../docs/configuration.md"

// The reference for users is written from the same table as the code reads;
// the words around the tables are in testdata.
func TestReferenceIsCurrent(t *testing.T) {
	before, err := os.ReadFile("testdata/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(
		"<!-- keys -->\n", keyTables(), "<!-- app -->\n", appTable(), "<!-- product -->", compat.Product,
	).Replace(string(before))
	golden(t, referenceFile, text)
}

// keyTables writes one table for each section.
func keyTables() string {
	sections := map[string]string{}
	describeSections(reflect.TypeFor[Config](), "", sections)
	describeSections(reflect.TypeFor[Plugin](), "plugins.NAME", sections)
	sections["plugins.NAME"] = "Settings of the plugin NAME. Only plugins that need any have an entry."
	rows, order := map[string]string{}, []string{}
	for _, f := range append(fieldsOf(&Config{}), pluginFields("NAME", &Plugin{})...) {
		section := f.path[:max(strings.LastIndex(f.path, "."), 0)]
		if rows[section] == "" {
			order = append(order, section)
		}
		rows[section] += fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", f.path, envOf(f), typeOf(f), defaultOf(f), docOf(f))
	}
	var b strings.Builder
	for _, section := range order {
		writeHeading(&b, section, sections[section])
		b.WriteString(rows[section])
	}
	return b.String()
}

func describeSections(s reflect.Type, path string, into map[string]string) {
	for i := range s.NumField() {
		f := s.Field(i)
		if key, ok := f.Tag.Lookup("key"); ok && isSection(reflect.New(f.Type).Elem()) {
			at := strings.TrimSuffix(join(path, key), ".")
			if at != "" {
				into[at] = f.Tag.Get("doc")
			}
			describeSections(f.Type, at, into)
		}
	}
}

func writeHeading(b *strings.Builder, section, doc string) {
	title := "`" + section + "`"
	if section == "" {
		title, doc = "Top level", "Keys that stand in no section."
	}
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n| key | environment | type | default | meaning |\n|---|---|---|---|---|\n", title, doc)
}

func docOf(f *field) string {
	if e := f.effect(); e != Restart && !f.dead() {
		return fmt.Sprintf("%s (%s)", f.tag.Get("doc"), e)
	}
	return f.tag.Get("doc")
}

func envOf(f *field) string {
	var names []string
	for _, name := range f.env {
		names = append(names, "`"+name+"`")
	}
	if f.fallback != "" {
		names = append(names, "`"+f.fallback+"`, unless the file sets the key")
	}
	return strings.Join(names, ", else ")
}

func typeOf(f *field) string {
	kind, optional := f.value.Type(), ""
	if kind.Kind() == reflect.Pointer {
		kind, optional = kind.Elem(), " or null"
	}
	return nameOf(f, kind) + optional
}

func nameOf(f *field, kind reflect.Type) string {
	switch kind {
	case reflect.TypeFor[time.Duration]():
		return map[string]string{"s": "seconds", "ms": "milliseconds"}[f.tag.Get("unit")]
	case reflect.TypeFor[Secret]():
		return "secret text"
	case reflect.TypeFor[FileMode]():
		return "octal digits"
	case reflect.TypeFor[Threads]():
		return "whole number or auto"
	case reflect.TypeFor[RedisNodes](), reflect.TypeFor[Sentinels]():
		return "list of nodes"
	case reflect.TypeFor[RawApps]():
		return "list of apps"
	case reflect.TypeFor[OpenObject]():
		return "table"
	}
	return map[reflect.Kind]string{
		reflect.Bool: "boolean", reflect.String: "text", reflect.Slice: "list of texts", reflect.Float64: "number",
		reflect.Uint16: "port", reflect.Uint32: "whole number", reflect.Uint64: "whole number",
	}[kind.Kind()]
}

func defaultOf(f *field) string {
	def := f.def
	if choice := f.tag.Get("oneof"); choice != "" && !f.dead() {
		choice = "`" + strings.ReplaceAll(choice, "|", "`, `") + "`"
		if def == "" {
			return "one of " + choice
		}
		return "`" + def + "` of " + choice
	}
	if def == "" {
		return ""
	}
	return "`" + def + "`"
}

// appTable lists the environment names of the default app.
func appTable() string {
	var b strings.Builder
	b.WriteString("| name after the prefix | default |\n|---|---|\n")
	row := func(names []string, def string) {
		for _, name := range names {
			fmt.Fprintf(&b, "| `%s` | %s |\n", name, def)
		}
	}
	row(appCredentials, "none; all three are needed")
	row([]string{"ENABLED"}, "`true`; `false` means no app at all, not even those of the file")
	row(appLimits, fmt.Sprintf("`%d`; `0` means no limit", defaultAppLimit))
	row(appSwitches[:1], "`"+compat.EnvEnableClientMessages+"`, else `false`")
	row(appSwitches[1:], "`false`")
	row([]string{"ALLOWED_ORIGINS"}, "all origins; else a list with commas")
	b.WriteString("\nThe prefixes: ")
	for i, prefix := range defaultAppPrefixes {
		if i > 0 {
			b.WriteString(", else ")
		}
		b.WriteString("`" + prefix + "`")
	}
	b.WriteString(".\n")
	return b.String()
}

// The samples that the reference points to are loaded, and say the same.
func TestExamplesLoadAndSayTheSame(t *testing.T) {
	var first *Config
	for _, file := range []string{"config.json", "config.toml", "config.yaml"} {
		c, notices, err := Load(Source{
			ConfigPath: file, WorkDir: "../../docs/examples", Executable: "/opt/jackfield/bin/jackfield",
			Environ: []string{"APP_SECRET=app-secret"},
		})
		if err != nil || len(notices) > 0 {
			t.Fatalf("%s: %s", file, told(notices, err))
		}
		c.File, c.AppManager.Array.Apps = "", nil
		if first == nil {
			first = c
		}
		compare(t, c, first)
		if diff := cmp.Diff(first.Apps(), c.Apps()); diff != "" || c.Apps()[0].Secret() != "app-secret" {
			t.Errorf("%s: apps %s", file, diff)
		}
	}
}
