package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/jackfield/jackfield/core/internal/compat"
)

// checkKeys tells about keys of the file that the table does not have, and
// about sections that are no tables.
func (l *loader) checkKeys() {
	known := tree{}
	for _, f := range l.fields {
		for _, path := range append([]string{f.path}, f.aliases...) {
			known.add(path)
		}
	}
	known.add("plugins")
	l.walk(known, "", l.doc.values)
	l.checkBrandedNames()
}

// tree holds the known keys; a key without branches is a value.
type tree map[string]tree

func (t tree) add(path string) {
	for key := range strings.SplitSeq(path, ".") {
		if t[key] == nil {
			t[key] = tree{}
		}
		t = t[key]
	}
}

func (l *loader) walk(known tree, path string, values map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		at := join(path, key)
		branches, isKnown := known[key]
		switch table, isTable := values[key].(map[string]any); {
		case !isKnown && l.isOpen(at):
		case !isKnown:
			l.unknownKey(at, known)
		case len(branches) == 0 && at == "plugins" && values[key] != nil && !isTable:
			l.addf(at, "must be a table of plugins, is %s", kindOf(values[key]))
		case len(branches) == 0 || values[key] == nil:
		case !isTable:
			l.addf(at, "must be a table of keys, is %s", describe(values[key]))
		default:
			l.walk(branches, at, table)
		}
	}
}

// isOpen tells whether path is the table of options of a plugin's own driver.
func (l *loader) isOpen(path string) bool {
	for kind, driver := range l.cfg.drivers() {
		if path == string(kind)+"."+sectionOf(driver) {
			return true
		}
	}
	return false
}

func (l *loader) unknownKey(at string, siblings tree) {
	if what, foreign := foreignSections[at]; foreign {
		l.notef(at, "is not offered by this server and has no effect: %s", what)
		return
	}
	if strings.HasPrefix(at, "plugins.") && strings.Count(at, ".") == 1 {
		return // its name was refused
	}
	section, key := "", at
	if dot := strings.LastIndex(at, "."); dot >= 0 {
		section, key = at[:dot+1], at[dot+1:]
	}
	if near := nearest(key, slices.Collect(maps.Keys(siblings))); near != "" {
		l.warnf(at, "is not a known key and has no effect; did you mean %s?", section+near)
		return
	}
	if elsewhere := l.sameName(key); elsewhere != "" {
		l.warnf(at, "is not a known key and has no effect; did you mean %s?", elsewhere)
		return
	}
	l.warnf(at, "is not a known key and has no effect")
}

// sameName returns the only known path that ends in key, or "".
func (l *loader) sameName(key string) string {
	found := ""
	for _, f := range l.fields {
		if f.path != key && !strings.HasSuffix(f.path, "."+key) {
			continue
		}
		if found != "" {
			return ""
		}
		found = f.path
	}
	return found
}

// checkBrandedNames tells about environment names with a brand's prefix that
// nobody reads. Other names may belong to somebody else.
func (l *loader) checkBrandedNames() {
	known := slices.Concat(defaultAppNames(), []string{
		compat.EnvEnableClientMessages, compat.EnvSkipInlineApps, compat.EnvLogDebug, compat.EnvLogProd,
	})
	for _, f := range l.fields {
		known = append(known, f.env...)
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		branded := strings.HasPrefix(name, compat.EnvPrefix) || strings.HasPrefix(name, compat.EnvSoketiPrefix)
		if !branded || slices.Contains(known, name) {
			continue
		}
		text := "is not read"
		if near := nearest(name, known); near != "" {
			text += "; did you mean " + near + "?"
		}
		l.notices = append(l.notices, Notice{Warning: true, Problem: Problem{Env: name, Text: text}})
	}
}

// nearest returns the candidate that differs least from word, or "" if none is
// near enough to be meant.
func nearest(word string, candidates []string) string {
	best, least := "", max(1, min(3, len(word)/3))+1
	slices.Sort(candidates)
	for _, candidate := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the number of letters to insert, remove, replace or swap with
// their neighbour to make a of b.
func distance(a, b string) int {
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			changed := 1
			if a[i-1] == b[j-1] {
				changed = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+changed)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
