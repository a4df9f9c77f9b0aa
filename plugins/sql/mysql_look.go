package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
)

func (m *mysqlServer) look(ctx context.Context, s session) (catalogue, error) {
	cat := catalogue{schema: m.schema, name: m.table, columns: map[string]string{}}
	rows, err := s.query(ctx, "SELECT COALESCE(NULLIF(?, ''), DATABASE()) AS name", m.schema)
	if err != nil {
		return cat, err
	}
	cat.schema = rows[0]["name"]
	rows, err = s.query(ctx, `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type FROM information_schema.COLUMNS
		WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`, cat.schema, cat.name)
	if err != nil {
		return cat, err
	}
	cat.found = len(rows) > 0
	for _, r := range rows {
		cat.columns[r["name"]] = r["type"]
	}
	rows, err = s.query(ctx, `SELECT COUNT(*) AS n FROM information_schema.STATISTICS
		WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME = ? AND SEQ_IN_INDEX = 1`, cat.schema, cat.name, columnUpdated)
	if err != nil {
		return cat, err
	}
	cat.indexed = rows[0]["n"] != "0"
	rows, err = s.query(ctx, `SELECT COUNT(*) AS n FROM information_schema.TABLES
		WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`, cat.schema, versionsOf(cat.name))
	if err != nil || rows[0]["n"] == "0" {
		return cat, err
	}
	return cat, readVersion(ctx, m, s, &cat)
}

// extras is the index for those who ask again and again what has changed.
func (m *mysqlServer) extras(cat catalogue) []change {
	if cat.indexed || !cat.has(columnUpdated) {
		return nil
	}
	return []change{{
		sql:  "CREATE INDEX " + m.quote("app_updated") + " ON " + cat.qualified(m) + " (" + m.quote(columnUpdated) + ")",
		adds: "index on " + columnUpdated,
	}}
}

// lockName is a name for GET_LOCK, which all databases of a server share and
// which has at most 64 letters.
func (m *mysqlServer) lockName(name string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return fmt.Sprintf("apps %x", h.Sum64())
}

// errLocked is the error of a lock that somebody else has.
var errLocked = errors.New("the lock is taken")

func (m *mysqlServer) lock(ctx context.Context, s session, name string) error {
	if err := s.exec(ctx, fmt.Sprintf("SET SESSION lock_wait_timeout = %d", int(lockTimeout.Seconds()))); err != nil {
		return err
	}
	rows, err := s.query(ctx, "SELECT GET_LOCK(?, ?) AS got", m.lockName(name), int(lockTimeout.Seconds()))
	if err == nil && rows[0]["got"] != "1" {
		return errLocked
	}
	return err
}

func (m *mysqlServer) unlock(ctx context.Context, s session, name string) error {
	_, err := s.query(ctx, "SELECT RELEASE_LOCK(?) AS freed", m.lockName(name))
	return errors.Join(err, s.exec(ctx, "SET SESSION lock_wait_timeout = DEFAULT"))
}
