package plugintest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// fakePlugin is the name under which the test program is a plugin.
const fakePlugin = "fakeplugin"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == fakePlugin {
		sdk.Serve(fakeDrivers())
	}
	goleak.VerifyTestMain(m)
}

type fakeOptions struct {
	Flaw string `json:"flaw" jsonschema:"the mistake to make, if any"`
}

func fakeDrivers() sdk.Plugin {
	return sdk.Plugin{Name: fakePlugin, Version: "1.2.3", Drivers: []sdk.Driver{
		sdk.AppManagerDriver("fake", func(_ context.Context, o fakeOptions, _ sdk.Env) (*fakeApps, error) {
			return newFakeApps(flaw(o.Flaw)), nil
		}),
		sdk.AppManagerDriver("fake-read-only", func(context.Context, fakeOptions, sdk.Env) (readApps, error) {
			return readApps{newFakeApps(none, plugintest.SampleApps()...)}, nil
		}),
		sdk.CacheDriver("fake", func(_ context.Context, o fakeOptions, _ sdk.Env) (*fakeCache, error) {
			return newFakeCache(flaw(o.Flaw)), nil
		}),
		sdk.QueueDriver("fake", func(_ context.Context, o fakeOptions, _ sdk.Env) (*fakeQueue, error) {
			return newFakeQueue(flaw(o.Flaw)), nil
		}),
		sdk.RateLimiterDriver("fake", func(_ context.Context, o fakeOptions, _ sdk.Env) (*fakeLimiter, error) {
			return newFakeLimiter(flaw(o.Flaw)), nil
		}),
		sdk.AdapterDriver("fake", func(context.Context, fakeOptions, sdk.Env) (contract.Adapter, error) {
			return plugintest.NewReferenceBus(wallClock{}), nil
		}),
	}}
}
