package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/jackfield/jackfield/sdk/contract"
)

// keyspace creates the keyspace if there is none.
func (s *store) keyspace(ctx context.Context) error {
	replication, err := s.replication(ctx)
	if err != nil {
		return err
	}
	if replication == nil {
		if err := s.enoughNodes(); err != nil {
			return err
		}
		err := s.define(ctx, fmt.Sprintf("CREATE KEYSPACE IF NOT EXISTS %s WITH replication = {'class': '%s', 'replication_factor': %d}",
			quoted(s.opts.Keyspace), s.opts.ReplicationClass, s.opts.ReplicationFactor))
		if err != nil {
			return err
		}
		replication = map[string]string{"replication_factor": strconv.Itoa(int(s.opts.ReplicationFactor))}
	}
	s.copies, _ = strconv.Atoi(replication["replication_factor"])
	return nil
}

// replication returns how the keyspace is replicated, nil if there is none.
func (s *store) replication(ctx context.Context) (map[string]string, error) {
	var replication map[string]string
	err := s.session.Query("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?", strings.ToLower(s.opts.Keyspace)).
		Idempotent(true).Consistency(gocql.LocalOne).ScanContext(ctx, &replication)
	if errors.Is(err, gocql.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, s.fail(ctx, err)
	}
	return replication, nil
}

// enoughNodes refuses a replication that the cluster cannot have: neither quorum
// nor change would ever succeed.
func (s *store) enoughNodes() error {
	inDatacenter := map[string]int{}
	for _, host := range s.session.GetHosts() {
		name := host.DataCenter()
		if s.opts.ReplicationClass == simpleStrategy {
			name = "" // which makes no difference between data centres
		}
		inDatacenter[name]++
	}
	for _, name := range slices.Sorted(maps.Keys(inDatacenter)) {
		if n := inDatacenter[name]; n < int(s.opts.ReplicationFactor) {
			where := "the cluster"
			if name != "" {
				where = fmt.Sprintf("data centre %q", name)
			}
			return contract.OptionErrors{{Path: "replication_factor", Problem: fmt.Sprintf(
				"is %d, but %s has only %d nodes to hold keyspace %s; set it to at most that, or add nodes",
				s.opts.ReplicationFactor, where, n, quoted(s.opts.Keyspace))}}
		}
	}
	return nil
}

// define runs a statement that changes the schema.
func (s *store) define(ctx context.Context, stmt string) error {
	s.calls.Add(1)
	if err := s.session.Query(stmt).ExecContext(ctx); err != nil {
		return fmt.Errorf("%w; this was to be done: %s", s.fail(ctx, err), stmt)
	}
	return nil
}
