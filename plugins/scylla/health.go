package main

import (
	"context"
	"fmt"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/jackfield/jackfield/sdk/contract"
)

// probeID is an app that nobody has.
const probeID = "health-probe"

// probeWithin is how long a healthy cluster may take to say so.
const probeWithin = time.Second

// Health looks first at how many nodes are connected, because queries to a
// cluster that has just lost its quorum are answered by their timeout alone.
func (m *appManager) Health(ctx context.Context) error {
	up, all := m.nodes()
	if up == 0 {
		return fmt.Errorf("%w: database.scylladb.nodes: none of %d can be reached", contract.ErrUnavailable, all)
	}
	if lost := all - up; m.datacenters() == 1 && lost > m.mayLose() {
		return fmt.Errorf("%w: database.scylladb.nodes: %d of %d cannot be reached, which is too many for consistency %s", contract.ErrUnavailable, lost, all, m.opts.Consistency)
	}
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	_, _, err := m.Get(ctx, probeID)
	return err
}

// mayLose is how many nodes may be away without a row becoming unreadable.
func (m *appManager) mayLose() int {
	switch consistencies[m.opts.Consistency] {
	case gocql.One, gocql.LocalOne:
		return max(m.copies-1, 0)
	case gocql.All:
		return 0
	default:
		return max((m.copies-1)/2, 0)
	}
}

// Metrics returns what was counted since the driver was opened, and the nodes.
func (m *appManager) Metrics() []contract.Sample {
	count := func(name, help string, n uint64) contract.Sample {
		return contract.Sample{Name: name, Help: help, Kind: contract.Counter, Value: float64(n)}
	}
	up, all := m.nodes()
	nodes := func(state string, n int) contract.Sample {
		return contract.Sample{
			Name: "app_store_nodes", Help: "Nodes of the app store's cluster.", Kind: contract.Gauge,
			Labels: map[string]string{"state": state}, Value: float64(n),
		}
	}
	return []contract.Sample{
		count("app_store_requests_total", "Requests to the app store.", m.calls.Load()),
		count("app_store_failures_total", "Calls to the app store that failed.", m.failures.Load()),
		count("app_store_unreadable_total", "Apps that were found and could not be read.", m.Unreadable()),
		nodes("up", up), nodes("down", all-up),
	}
}
