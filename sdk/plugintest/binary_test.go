package plugintest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackfield/jackfield/sdk/plugintest"
)

// builtPlugin returns a program that serves the fake drivers: this one, under
// the name by which TestMain knows that it is to be a plugin.
func builtPlugin(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), fakePlugin)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAppManagerAllWays(t *testing.T) {
	plugintest.AllWays(t, plugintest.BinaryConfig{
		Path: builtPlugin(t), Driver: "fake", Options: json.RawMessage(`{"flaw":""}`), Suite: fakeAppsSuite(),
	})
}

func TestReadOnlyAppManagerAsABinary(t *testing.T) {
	plugintest.Binary(t, plugintest.BinaryConfig{
		Path: builtPlugin(t), Driver: "fake-read-only",
		Suite: plugintest.AppManagerConfig{Seed: plugintest.SampleApps(), Broken: "broken"},
	})
}

func TestCacheAsABinary(t *testing.T) {
	plugintest.Binary(t, plugintest.BinaryConfig{Path: builtPlugin(t), Driver: "fake", Suite: fakeCacheSuite()})
}

func TestQueueAsABinary(t *testing.T) {
	plugintest.Binary(t, plugintest.BinaryConfig{Path: builtPlugin(t), Driver: "fake", Suite: fakeQueueSuite()})
}

func TestRateLimiterAsABinary(t *testing.T) {
	plugintest.Binary(t, plugintest.BinaryConfig{Path: builtPlugin(t), Driver: "fake", Suite: fakeLimiterSuite()})
}

func TestAdapterAsABinary(t *testing.T) {
	plugintest.Binary(t, plugintest.BinaryConfig{Path: builtPlugin(t), Driver: "fake", Suite: referenceSuite()})
}
