package main

import (
	"fmt"
	"strings"
)

// mysqlDialect is how MySQL and MariaDB want to be talked to. Sessions are in UTC.
type mysqlDialect struct{}

func (mysqlDialect) product() string { return "MySQL" }

func (mysqlDialect) section() string { return "database.mysql" }

func (mysqlDialect) quote(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

func (mysqlDialect) arg(int) string { return "?" }

func (mysqlDialect) typeOf(c column) string { return c.mysql }

func (mysqlDialect) tableOptions() string {
	return " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"
}

func (mysqlDialect) signed() bool { return false }

func (mysqlDialect) onOff() [2]string { return [2]string{"0", "1"} }

func (d mysqlDialect) revision(catalogue) string {
	return "CAST(COALESCE(UNIX_TIMESTAMP(" + d.quote(columnUpdated) + "), 0) * 1000000 AS UNSIGNED)"
}

func (d mysqlDialect) stamp(cat catalogue) string {
	now := d.first(cat)
	return fmt.Sprintf("GREATEST(%s, COALESCE(%s + INTERVAL %d MICROSECOND, %s))", now, d.quote(columnUpdated), d.step(cat), now)
}

func (mysqlDialect) first(cat catalogue) string { return fmt.Sprintf("NOW(%d)", cat.precision(0)) }

func (d mysqlDialect) lately(_ catalogue, seconds int) string {
	return fmt.Sprintf("%s >= NOW() - INTERVAL %d SECOND", d.quote(columnUpdated), seconds)
}

func (mysqlDialect) step(cat catalogue) int { return stepOf(cat.precision(0)) }
