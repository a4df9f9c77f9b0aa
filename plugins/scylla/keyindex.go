package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

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

// byKey asks for the ids of the rows that have a key.
func (s *store) byKey() string {
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s = ? LIMIT %d", quoted(colID), s.opts.table(), quoted(colKey), mostHolders)
}

// everywhere returns when each node that answers knows table and index, of which the
// nodes learn one after the other.
func (s *store) everywhere(ctx context.Context) error {
	for _, host := range s.session.GetHosts() {
		for {
			err := s.ignorant(ctx, host)
			if err == nil {
				break
			}
			select {
			case <-time.After(askAgain):
			case <-ctx.Done():
				return s.fail(ctx, err)
			}
		}
	}
	return nil
}

// ignorant is what a node says that does not know how to find a key.
func (s *store) ignorant(ctx context.Context, host *gocql.HostInfo) error {
	if !host.IsUp() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	s.calls.Add(1)
	err := s.session.Query(s.byKey(), probeID).SetHostID(host.HostID()).Consistency(gocql.LocalOne).ExecContext(ctx)
	if refusal, ok := errors.AsType[gocql.RequestError](err); ok && refusal.Code() == gocql.ErrCodeInvalid {
		return err
	}
	return nil
}
