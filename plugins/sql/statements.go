package main

import (
	"slices"
	"strings"
)

// statements are all that the app manager says to its table.
type statements struct {
	byID, byKey string // id or key -> rows
	page        string // id before the page, rows of a page -> rows
	claim       string // id -> id and revision of rows, locked
	revision    string // id -> revision
	others      string // id, key -> id and key of rows that have either
	insert      string // values of written
	update      string // values of written, id
	remove      string // id
	count       string
	lately      string // id and revision of rows that were changed lately
	all         string // id and revision of all rows
	// written are the columns that insert and update set.
	written []string
}

// latelySeconds is how far back statements.lately looks, freshSeconds which of
// its rows have columnFresh.
const (
	latelySeconds = 15
	freshSeconds  = 2
	columnFresh   = "app fresh"
)

func statementsFor(d dialect, cat catalogue) statements {
	table, id, key := cat.qualified(d), d.quote(columnID), d.quote(columnKey)
	revision := "0 AS " + d.quote(columnRevision)
	if cat.has(columnUpdated) {
		revision = d.revision(cat) + " AS " + d.quote(columnRevision)
	}
	where := " FROM " + table + " WHERE "
	brief := "SELECT " + id + ", " + revision
	is := func(column string, n int) string { return column + " = " + d.arg(n) }
	s := statements{
		byID:     "SELECT *, " + revision + where + is(id, 1),
		byKey:    "SELECT *, " + revision + where + is(key, 1),
		page:     "SELECT *, " + revision + where + id + " > " + d.arg(1) + " ORDER BY " + id + " LIMIT " + d.arg(2),
		claim:    brief + where + is(id, 1) + " FOR UPDATE",
		revision: brief + where + is(id, 1),
		others:   "SELECT " + id + ", " + key + where + is(id, 1) + " OR " + is(key, 2),
		remove:   "DELETE" + where + is(id, 1),
		count:    "SELECT COUNT(*) AS n FROM " + table,
		all:      brief + " FROM " + table,
	}
	if cat.has(columnUpdated) {
		s.lately = brief + ", " + d.lately(cat, freshSeconds) + " AS " + d.quote(columnFresh) + where + d.lately(cat, latelySeconds)
	}
	s.writing(d, cat)
	return s
}

// writing makes insert and update, of the columns that the table has.
func (s *statements) writing(d dialect, cat catalogue) {
	var names, places, sets []string
	for _, c := range columns {
		if c.kind == kindMoment || !cat.has(c.name) {
			continue
		}
		s.written = append(s.written, c.name)
		names = append(names, d.quote(c.name))
		places = append(places, d.arg(len(s.written)))
		sets = append(sets, d.quote(c.name)+" = "+d.arg(len(s.written)))
	}
	if cat.has(columnUpdated) {
		names, places = append(names, d.quote(columnUpdated)), append(places, d.first(cat))
		sets = append(sets, d.quote(columnUpdated)+" = "+d.stamp(cat))
	}
	table := cat.qualified(d)
	s.insert = "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(places, ", ") + ")"
	s.update = "UPDATE " + table + " SET " + strings.Join(sets, ", ") + " WHERE " + d.quote(columnID) + " = " + d.arg(len(s.written)+1)
}

// values are what insert and update set, in their order.
func (s *statements) values(rec record) []any {
	values := make([]any, len(s.written))
	for i, name := range s.written {
		values[i] = rec[name]
	}
	return values
}

// writes is whether a column is written.
func (s *statements) writes(column string) bool { return slices.Contains(s.written, column) }
