package main

import (
	"fmt"
	"strings"
)

// postgresDialect is how PostgreSQL wants to be talked to. Times are kept in
// UTC: so do all writers whose sessions are in UTC.
type postgresDialect struct{}

func (postgresDialect) product() string { return "PostgreSQL" }

func (postgresDialect) section() string { return "database.postgres" }

func (postgresDialect) quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func (postgresDialect) arg(n int) string { return fmt.Sprint("$", n) }

func (postgresDialect) typeOf(c column) string { return c.postgres }

func (postgresDialect) tableOptions() string { return "" }

func (postgresDialect) signed() bool { return true }

func (postgresDialect) onOff() [2]string { return [2]string{"false", "true"} }

func (d postgresDialect) revision(catalogue) string { return postgresRevision(d.quote(columnUpdated)) }

func postgresRevision(moment string) string {
	return "COALESCE((extract(epoch FROM " + moment + ") * 1000000)::bigint, 0)"
}

func (d postgresDialect) stamp(cat catalogue) string {
	return fmt.Sprintf("GREATEST(%s, %s + interval '%d microseconds')", d.first(cat), d.quote(columnUpdated), d.step(cat))
}

// first is the present in the type of updated_at.
func (postgresDialect) first(cat catalogue) string {
	if strings.Contains(cat.columns[columnUpdated], "with time zone") {
		return "clock_timestamp()"
	}
	return "(clock_timestamp() AT TIME ZONE 'UTC')"
}

func (d postgresDialect) lately(cat catalogue, seconds int) string {
	return fmt.Sprintf("%s >= %s - interval '%d seconds'", d.quote(columnUpdated), d.first(cat), seconds)
}

func (postgresDialect) step(cat catalogue) int { return stepOf(cat.precision(6)) }
