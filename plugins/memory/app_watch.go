package main

import (
	"context"

	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.AppWatcher = (*appManager)(nil)

// Watch calls changed for every change from now on.
func (m *appManager) Watch(ctx context.Context, changed func(contract.AppChange) error) error {
	return m.watchers.Watch(ctx, changed)
}
