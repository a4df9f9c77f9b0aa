// Package appwatch hands changes of apps on to everyone who watches.
//
// An app manager that notices changes keeps one Watchers, whose zero value is
// ready, calls Tell for every change, and passes Watch on:
//
//	func (m *appManager) Watch(ctx context.Context, changed func(contract.AppChange) error) error {
//		return m.watchers.Watch(ctx, changed)
//	}
package appwatch
