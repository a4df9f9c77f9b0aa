package main

import (
	"context"
	"strings"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
)

// index creates the index over keys if there is none.
func (s *store) index(ctx context.Context) error {
	s.calls.Add(1)
	iter := s.session.Query("SELECT options FROM system_schema.indexes WHERE keyspace_name = ? AND table_name = ?",
		strings.ToLower(s.opts.Keyspace), strings.ToLower(s.opts.TableName)).Idempotent(true).Consistency(gocql.LocalOne).IterContext(ctx)
	var options map[string]string
	found := false
	for iter.Scan(&options) {
		found = found || strings.Trim(options["target"], `"`) == colKey
	}
	if err := iter.Close(); err != nil {
		return s.fail(ctx, err)
	}
	if found {
		return nil
	}
	return s.define(ctx, "CREATE INDEX IF NOT EXISTS ON "+s.opts.table()+" ("+quoted(colKey)+")")
}
