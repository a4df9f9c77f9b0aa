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

// everywhere returns when each node knows table and index, of which they learn one
// after the other. A node that does not answer for a while is left out.
func (s *store) everywhere(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	silence, cancel := context.WithTimeout(ctx, min(agreeWithin, time.Until(deadline)/2))
	defer cancel()
	for _, host := range s.session.GetHosts() {
		for {
			answered, err := s.findsKeys(ctx, host)
			if answered && err == nil || !answered && silence.Err() != nil {
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

// findsKeys asks a node for a key. The error is that of one that does not know how.
func (s *store) findsKeys(ctx context.Context, host *gocql.HostInfo) (answered bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	s.calls.Add(1)
	err = s.session.Query(s.byKey(), probeID).SetHostID(host.HostID()).Consistency(gocql.LocalOne).ExecContext(ctx)
	refusal, refused := errors.AsType[gocql.RequestError](err)
	if refused && refusal.Code() == gocql.ErrCodeInvalid {
		return true, err
	}
	return refused || err == nil, nil
}
