package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

func (p *postgres) look(ctx context.Context, s session) (catalogue, error) {
	cat := catalogue{schema: p.schema, name: p.table, columns: map[string]string{}, triggers: map[string]string{}}
	if err := p.locate(ctx, s, &cat); err != nil || !cat.found {
		return cat, err
	}
	rows, err := s.query(ctx, `SELECT attname AS name, format_type(atttypid, atttypmod) AS type
		FROM pg_attribute WHERE attrelid = $1::text::oid AND attnum > 0 AND NOT attisdropped`, cat.oid)
	if err != nil {
		return cat, err
	}
	for _, r := range rows {
		cat.columns[r["name"]] = r["type"]
	}
	rows, err = s.query(ctx, `SELECT t.tgname AS name, p.prosrc AS source
		FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = $1::text::oid AND NOT t.tgisinternal`, cat.oid)
	if err != nil {
		return cat, err
	}
	for _, r := range rows {
		cat.triggers[r["name"]] = r["source"]
	}
	return cat, p.lookForVersion(ctx, s, &cat)
}

// locate finds the table. A name that was never quoted is in small letters.
func (p *postgres) locate(ctx context.Context, s session, cat *catalogue) error {
	for _, name := range []string{p.table, strings.ToLower(p.table)} {
		cat.name = name
		rows, err := s.query(ctx, `SELECT c.oid::text AS oid, n.nspname AS schema
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1::text)`, cat.qualified(p))
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			cat.found, cat.oid, cat.schema = true, rows[0]["oid"], rows[0]["schema"]
			return nil
		}
	}
	cat.name = p.table
	if cat.schema != "" {
		return nil
	}
	rows, err := s.query(ctx, "SELECT current_schema() AS schema")
	if err == nil && (len(rows) == 0 || rows[0]["schema"] == "") {
		return contract.OptionErrors{{Path: "table_name", Problem: fmt.Sprintf(
			"is %s, and no schema of the user's search path exists; write it with its schema, as in public.%s", p.table, p.table,
		)}}
	}
	if err == nil {
		cat.schema = rows[0]["schema"]
	}
	return err
}

// lookForVersion takes a version that may not be read for the present one.
func (p *postgres) lookForVersion(ctx context.Context, s session, cat *catalogue) error {
	rows, err := s.query(ctx, "SELECT 1 AS there WHERE to_regclass($1::text) IS NOT NULL", cat.versions(p))
	if err != nil || len(rows) == 0 {
		return err
	}
	return readVersion(ctx, p, s, cat)
}

// readVersion reads the table of the version, which exists.
func readVersion(ctx context.Context, d dialect, s session, cat *catalogue) error {
	cat.versioned = true
	rows, err := s.query(ctx, "SELECT MAX("+d.quote("version")+") AS version FROM "+cat.versions(d))
	if d.fault(err).cause == causeRights {
		cat.version = schemaVersion
		return nil
	}
	if err != nil || rows[0]["version"] == "" {
		return err
	}
	if cat.version, err = strconv.Atoi(rows[0]["version"]); err != nil {
		return errors.New("the version in " + versionsOf(cat.name) + " is no number")
	}
	return nil
}

// postgresTriggers are what has the database tell of changes.
var postgresTriggers = []struct{ name, when, source string }{
	{"app_stamp", "BEFORE INSERT OR UPDATE ON %s FOR EACH ROW", `
BEGIN
  NEW.updated_at := GREATEST({now}, CASE WHEN TG_OP = 'UPDATE' THEN OLD.updated_at + interval '{step} microseconds' END);
  RETURN NEW;
END
`},
	{"app_notify", "AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW", `
BEGIN
  IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.id <> NEW.id THEN
    PERFORM pg_notify('app_changed_' || TG_RELID, json_build_object('id', OLD.id, 'deleted', true)::text);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM pg_notify('app_changed_' || TG_RELID, json_build_object('id', NEW.id, 'revision', {revision})::text);
  END IF;
  RETURN NULL;
END
`},
	{"app_truncate", "AFTER TRUNCATE ON %s FOR EACH STATEMENT", `
BEGIN
  PERFORM pg_notify('app_changed_' || TG_RELID, '{}');
  RETURN NULL;
END
`},
}

// extras are the triggers. A table without updated_at gets none.
func (p *postgres) extras(cat catalogue) []change {
	if !cat.has(columnUpdated) {
		return nil
	}
	fill := strings.NewReplacer(
		"{now}", p.first(cat), "{revision}", postgresRevision("NEW.updated_at"), "{step}", strconv.Itoa(p.step(cat)),
	)
	var todo []change
	for _, t := range postgresTriggers {
		source := fill.Replace(t.source)
		have, there := cat.triggers[t.name]
		if there && have == source {
			continue
		}
		function := cat.named(p, cat.name+"_"+t.name)
		todo = append(todo, change{
			sql:  "CREATE OR REPLACE FUNCTION " + function + "() RETURNS trigger LANGUAGE plpgsql AS $apps$" + source + "$apps$",
			adds: "function " + cat.name + "_" + t.name,
		})
		if !there {
			todo = append(todo, change{
				sql:  "CREATE TRIGGER " + t.name + " " + fmt.Sprintf(t.when, cat.qualified(p)) + " EXECUTE FUNCTION " + function + "()",
				adds: "trigger " + t.name,
			})
		}
	}
	return todo
}

// notifies is whether the database tells of changes.
func (p *postgres) notifies(cat catalogue) bool {
	for _, t := range postgresTriggers {
		if _, ok := cat.triggers[t.name]; !ok {
			return false
		}
	}
	return true
}

func (d postgresDialect) lock(ctx context.Context, s session, name string) error {
	if err := s.exec(ctx, fmt.Sprintf("SET lock_timeout = %d", lockTimeout.Milliseconds())); err != nil {
		return err
	}
	return s.exec(ctx, "SELECT pg_advisory_lock(hashtext($1::text))", name)
}

func (d postgresDialect) unlock(ctx context.Context, s session, name string) error {
	return errors.Join(s.exec(ctx, "SELECT pg_advisory_unlock(hashtext($1::text))", name), s.exec(ctx, "RESET lock_timeout"))
}
