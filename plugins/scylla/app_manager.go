package main

import (
	"context"
	"time"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/appstore"
	"github.com/jackfield/jackfield/sdk/contract"
)

// appManager finds and changes apps.
type appManager struct {
	*appstore.Manager[row]
	*store
}

var (
	_ contract.AppManager    = (*appManager)(nil)
	_ contract.AppWriter     = (*appManager)(nil)
	_ contract.HealthChecker = (*appManager)(nil)
	_ contract.MetricsSource = (*appManager)(nil)
	_ contract.Closer        = (*appManager)(nil)
)

// openWithin bounds an opening whose caller has no bound.
const openWithin = time.Minute

// openAppManager connects and returns when the table can be used.
func openAppManager(ctx context.Context, opts options, env sdk.Env) (*appManager, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(openWithin)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-answerBy))
	defer cancel()
	session, err := connect(ctx, &opts, env.Logger)
	if err != nil {
		return nil, err
	}
	s := &store{opts: opts, session: session}
	if err := s.prepare(ctx); err != nil {
		session.Close()
		return nil, err
	}
	return &appManager{Manager: appstore.New[row](s, env.Logger), store: s}, nil
}

// Close ends the connections.
func (m *appManager) Close() error {
	m.session.Close()
	return nil
}
