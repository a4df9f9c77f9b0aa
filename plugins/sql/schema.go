package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
)

// schemaVersion is the version of the table that this program makes and knows.
const schemaVersion = 1

// change is one statement that brings the table to what it should be.
type change struct {
	sql string
	// adds names what it adds; without the right to do so the table is used as it
	// is, unless it must be carried out.
	adds string
	must bool
	// last changes are left out if another was refused.
	last bool
}

// plan returns the changes that the table lacks; none if it is complete.
func plan(d dialect, cat catalogue) ([]change, error) {
	if cat.version > schemaVersion {
		return nil, contract.OptionErrors{{Path: "table_name", Problem: fmt.Sprintf(
			"names the table %s, which has schema version %d, and this program knows versions up to %d; "+
				"use a newer plugin sql, or another table", cat.shown(), cat.version, schemaVersion,
		)}}
	}
	if !cat.found {
		return []change{{sql: createTable(d, cat), adds: "table " + cat.name, must: true}}, nil
	}
	if err := holdsApps(cat); err != nil {
		return nil, err
	}
	var todo []change
	for _, c := range columns {
		if !cat.has(c.name) {
			todo = append(todo, change{
				sql:  "ALTER TABLE " + cat.qualified(d) + " ADD COLUMN " + d.quote(c.name) + " " + d.typeOf(c),
				adds: "column " + c.name,
			})
		}
	}
	return slices.Concat(todo, d.extras(cat), recordVersion(d, cat)), nil
}

// holdsApps refuses a table of something else.
func holdsApps(cat catalogue) error {
	for _, name := range indispensable {
		if !cat.has(name) {
			return contract.OptionErrors{{Path: "table_name", Problem: fmt.Sprintf(
				"names the table %s, which has no column %s; name a table of apps, or one that does not exist yet", cat.shown(), name,
			)}}
		}
	}
	return nil
}

func createTable(d dialect, cat catalogue) string {
	lines := make([]string, len(columns))
	for i, c := range columns {
		lines[i] = d.quote(c.name) + " " + d.typeOf(c)
	}
	return "CREATE TABLE " + cat.qualified(d) + " (\n  " + strings.Join(lines, ",\n  ") + "\n)" + d.tableOptions()
}

// recordVersion remembers the version, if that is due.
func recordVersion(d dialect, cat catalogue) []change {
	if cat.version == schemaVersion {
		return nil
	}
	table, version := cat.versions(d), d.quote("version")
	var todo []change
	if !cat.versioned {
		todo = append(todo, change{
			sql:  "CREATE TABLE " + table + " (" + version + " INTEGER NOT NULL)",
			adds: "table " + versionsOf(cat.name),
		})
	}
	for _, sql := range []string{
		"DELETE FROM " + table,
		fmt.Sprintf("INSERT INTO %s (%s) VALUES (%d)", table, version, schemaVersion),
	} {
		todo = append(todo, change{sql: sql, adds: fmt.Sprint("record of version ", schemaVersion), last: true})
	}
	return todo
}

// schema brings the table to what it should be.
type schema struct {
	db  database
	log hclog.Logger
	// made is what was added, and refused the changes that this user may not make.
	made    []string
	refused []change
}

// prepare returns the catalogue of a table that is as complete as this user may
// make it. Several nodes may do so at the same time.
func (s *schema) prepare(ctx context.Context) (cat catalogue, err error) {
	err = s.db.alone(ctx, func(in session) error {
		cat, err = s.db.look(ctx, in)
		if err != nil {
			return err
		}
		todo, err := plan(s.db, cat)
		if err != nil || len(todo) == 0 {
			return err
		}
		cat, err = s.complete(ctx, in, cat)
		return err
	})
	return cat, err
}

// complete makes the changes while no other node does.
func (s *schema) complete(ctx context.Context, in session, cat catalogue) (catalogue, error) {
	name := "apps " + cat.shown()
	if err := s.db.lock(ctx, in, name); err != nil {
		return cat, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockTimeout)
		defer cancel()
		_ = s.db.unlock(ctx, in, name)
	}()
	for range 2 { // the second time for what a new table lacks
		cat, err := s.db.look(ctx, in)
		if err != nil {
			return cat, err
		}
		todo, err := plan(s.db, cat)
		if err != nil {
			return cat, err
		}
		if err := s.carryOut(ctx, in, cat, todo); err != nil {
			return cat, err
		}
	}
	s.tell(cat)
	return s.db.look(ctx, in)
}

// carryOut makes changes; those that are refused are remembered.
func (s *schema) carryOut(ctx context.Context, in session, cat catalogue, todo []change) error {
	for _, c := range todo {
		if slices.Contains(s.refused, c) || c.last && len(s.refused) > 0 {
			continue
		}
		err := in.exec(ctx, c.sql)
		f := s.db.fault(err)
		switch {
		case err == nil:
			s.made = append(s.made, c.adds)
		case f.cause == causeThere:
		case !c.must && (f.cause == causeRights || f.cause == causeReadOnly):
			s.refused = append(s.refused, c)
		case f.cause == causeRights:
			return &cannotCreate{table: cat.shown(), err: err}
		default:
			return err
		}
	}
	return nil
}

// tell says once what was added, and what the table goes without.
func (s *schema) tell(cat catalogue) {
	if len(s.made) > 0 {
		s.log.Info("changed the schema", "table", cat.shown(), "added", strings.Join(slices.Compact(s.made), ", "))
	}
	if len(s.refused) == 0 {
		return
	}
	var adds, statements []string
	for _, c := range s.refused {
		adds = append(adds, c.adds)
		statements = append(statements, c.sql+";")
	}
	s.log.Warn("this user may not change the table, which is used as it is; have its owner run the statements",
		"table", cat.shown(), "lacks", strings.Join(adds, ", "), "statements", strings.Join(statements, "\n"))
}

// cannotCreate is the error of a user who can neither find nor make the table.
type cannotCreate struct {
	table string
	err   error
}

func (c *cannotCreate) Error() string { return "create table " + c.table + ": " + c.err.Error() }

func (c *cannotCreate) Unwrap() error { return c.err }
