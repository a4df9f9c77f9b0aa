package main

import (
	"regexp"
	"strconv"
	"strings"
)

// catalogue is what the database tells of the table.
type catalogue struct {
	found        bool
	schema, name string            // of the table as it stands, or where it will stand
	oid          string            // number of the table, where there is such a thing
	columns      map[string]string // type by name
	triggers     map[string]string // source of the function by name of the trigger
	indexed      bool              // an index begins with updated_at
	version      int               // of our last change; 0: none yet, or it cannot be read
	versioned    bool              // the table of the version exists
}

func (c catalogue) has(column string) bool {
	_, ok := c.columns[column]
	return ok
}

// qualified is the table as statements name it.
func (c catalogue) qualified(d dialect) string { return c.named(d, c.name) }

// versions is the table that holds the version.
func (c catalogue) versions(d dialect) string { return c.named(d, versionsOf(c.name)) }

func (c catalogue) named(d dialect, name string) string {
	if c.schema == "" {
		return d.quote(name)
	}
	return d.quote(c.schema) + "." + d.quote(name)
}

// shown is the table's name for people.
func (c catalogue) shown() string {
	return strings.TrimPrefix(c.schema+"."+c.name, ".")
}

func versionsOf(table string) string { return table + "_schema" }

var typePrecision = regexp.MustCompile(`\((\d)\)`)

// precision is how many digits of a second updated_at has, or otherwise if its
// type does not say.
func (c catalogue) precision(otherwise int) int {
	found := typePrecision.FindStringSubmatch(c.columns[columnUpdated])
	if found == nil {
		return otherwise
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

// stepOf is the smallest number of microseconds that so many digits can tell.
func stepOf(precision int) int {
	step := 1
	for range 6 - min(precision, 6) {
		step *= 10
	}
	return step
}
