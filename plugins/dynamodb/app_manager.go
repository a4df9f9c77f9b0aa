package main

import (
	"context"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/appstore"
	"github.com/jackfield/jackfield/sdk/contract"
)

// appManager finds and changes apps.
type appManager struct {
	*appstore.Manager[item]
	*store
}

var (
	_ contract.AppManager    = (*appManager)(nil)
	_ contract.AppWriter     = (*appManager)(nil)
	_ contract.HealthChecker = (*appManager)(nil)
	_ contract.MetricsSource = (*appManager)(nil)
	_ contract.Closer        = (*appManager)(nil)
)

// openAppManager connects and returns when the table can be used.
func openAppManager(ctx context.Context, opts options, env sdk.Env) (*appManager, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	db, transport, err := connect(ctx, &opts, env.Logger)
	if err != nil {
		return nil, err
	}
	s := &store{opts: opts, db: db, transport: transport}
	if err := s.prepare(ctx); err != nil {
		s.close()
		return nil, err
	}
	return &appManager{Manager: appstore.New[item](s, env.Logger), store: s}, nil
}

// probeID is an app that nobody has.
const probeID = "health-probe"

// Health asks for an app.
func (m *appManager) Health(ctx context.Context) error {
	_, _, err := m.Get(ctx, probeID)
	return err
}

// Metrics returns what was counted since the driver was opened.
func (m *appManager) Metrics() []contract.Sample {
	count := func(name, help string, n uint64) contract.Sample {
		return contract.Sample{Name: name, Help: help, Kind: contract.Counter, Value: float64(n)}
	}
	return []contract.Sample{
		count("app_store_requests_total", "Requests to the app store.", m.calls.Load()),
		count("app_store_failures_total", "Calls to the app store that failed.", m.failures.Load()),
		count("app_store_throttled_total", "Calls that the app store refused because there were too many.", m.throttled.Load()),
		count("app_store_unreadable_total", "Apps that were found and could not be read.", m.Unreadable()),
	}
}

// Close ends the connections.
func (m *appManager) Close() error {
	m.close()
	return nil
}
