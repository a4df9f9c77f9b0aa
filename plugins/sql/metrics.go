package main

import (
	"context"
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Health asks the server for an answer.
func (m *appManager) Health(ctx context.Context) error {
	err := m.db.ping(ctx)
	if err == nil {
		return nil
	}
	doing := "ask " + m.db.product()
	if n := len(m.replicas.all); n > 0 {
		doing += fmt.Sprintf(" (%d read replica(s) are asked meanwhile)", n)
	}
	return m.wrapped(doing, err)
}

// Metrics returns the figures of the pool and of the look-out for changes.
func (m *appManager) Metrics() []contract.Sample {
	s := m.db.stats()
	sessions := func(state string, n int) contract.Sample {
		return contract.Sample{
			Name: "sql_sessions", Help: "Sessions of the pool by state.",
			Labels: map[string]string{"state": state}, Value: float64(n),
		}
	}
	noticed := 0.0
	if m.figures.standing.Load() {
		noticed = 1
	}
	return []contract.Sample{
		sessions("in_use", s.inUse),
		sessions("idle", s.idle),
		{Name: "sql_sessions_max", Help: "Most sessions of the pool.", Value: float64(s.most)},
		counter("sql_session_waits_total", "Calls that had to wait for a session.", uint64(max(s.waits, 0))),
		{Name: "sql_watch_up", Help: "Whether changes of apps are noticed.", Value: noticed},
		counter("sql_app_changes_total", "Changes of apps that were noticed.", m.figures.changes.Load()),
		counter("sql_watch_losses_total", "Times that changes were not noticed for a while.", m.figures.losses.Load()),
		counter("sql_unreadable_apps_total", "Reads of apps whose row cannot be read.", m.broken.count()),
		counter("sql_replica_reads_total", "Reads that a replica answered.", m.replicas.reads.Load()),
	}
}

func counter(name, help string, value uint64) contract.Sample {
	return contract.Sample{Name: name, Help: help, Kind: contract.Counter, Value: float64(value)}
}
