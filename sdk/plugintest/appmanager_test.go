package plugintest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func fakeAppsSuite() plugintest.AppManagerConfig {
	return plugintest.AppManagerConfig{
		Open:        func(*testing.T) contract.AppManager { return newFakeApps(none) },
		Unreachable: func(*testing.T) contract.AppManager { return awayApps{} },
		Bubble:      true,
	}
}

func TestAppManagerThatCanBeWritten(t *testing.T) { plugintest.AppManager(t, fakeAppsSuite()) }

// readApps can be read only.
type readApps struct{ contract.AppManager }

func (m readApps) FindByID(ctx context.Context, id string) (*contract.App, error) {
	if id == "broken" {
		return nil, fmt.Errorf("app %q: policy is no JSON: %w", id, contract.ErrInvalid)
	}
	return m.AppManager.FindByID(ctx, id)
}

func TestAppManagerThatCannotBeWritten(t *testing.T) {
	plugintest.AppManager(t, plugintest.AppManagerConfig{
		Open: func(*testing.T) contract.AppManager {
			return readApps{newFakeApps(none, plugintest.SampleApps()...)}
		},
		Seed:   plugintest.SampleApps(),
		Broken: "broken",
		Bubble: true,
	})
}

// refusingApps is what a client of a store that cannot be written looks like.
type refusingApps struct{ contract.AppManager }

func (refusingApps) Create(context.Context, *contract.App) (*contract.App, error) {
	return nil, contract.ErrUnsupported
}

func (refusingApps) Update(context.Context, *contract.App) (*contract.App, error) {
	return nil, contract.ErrUnsupported
}

func (refusingApps) Delete(context.Context, string, uint64) error { return contract.ErrUnsupported }

func (refusingApps) Watch(context.Context, func(contract.AppChange) error) error {
	return contract.ErrUnsupported
}

func TestAppManagerThatRefusesWrites(t *testing.T) {
	plugintest.AppManager(t, plugintest.AppManagerConfig{
		Open: func(*testing.T) contract.AppManager {
			return refusingApps{newFakeApps(none, plugintest.SampleApps()...)}
		},
		Capabilities: []contract.Capability{},
		Seed:         plugintest.SampleApps(),
		Bubble:       true,
	})
}

// awayApps is a store that cannot be reached.
type awayApps struct{}

func (awayApps) FindByID(context.Context, string) (*contract.App, error) {
	return nil, contract.ErrUnavailable
}

func (awayApps) FindByKey(context.Context, string) (*contract.App, error) {
	return nil, contract.ErrUnavailable
}

func (awayApps) List(context.Context, string, int) (contract.AppPage, error) {
	return contract.AppPage{}, contract.ErrUnavailable
}
