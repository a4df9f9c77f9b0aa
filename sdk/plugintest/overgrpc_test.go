package plugintest_test

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func TestAppManagerOverGRPC(t *testing.T) { plugintest.OverGRPC(t, fakeAppsSuite()) }

func TestReadOnlyAppManagerOverGRPC(t *testing.T) {
	plugintest.OverGRPC(t, plugintest.AppManagerConfig{
		Open: func(*testing.T) contract.AppManager {
			return readApps{newFakeApps(none, plugintest.SampleApps()...)}
		},
		Seed:   plugintest.SampleApps(),
		Broken: "broken",
		Bubble: true,
	})
}

func TestCacheOverGRPC(t *testing.T) { plugintest.OverGRPC(t, fakeCacheSuite()) }

func TestPlainCacheOverGRPC(t *testing.T) {
	plugintest.OverGRPC(t, plugintest.CacheConfig{
		Open:   func(*testing.T) contract.Cache { return onlyCache{newFakeCache(none)} },
		Bubble: true,
	})
}

func TestQueueOverGRPC(t *testing.T) { plugintest.OverGRPC(t, fakeQueueSuite()) }

func TestPlainQueueOverGRPC(t *testing.T) {
	plugintest.OverGRPC(t, plugintest.QueueConfig{
		Open:   func(*testing.T) contract.Queue { return plainQueue{newFakeQueue(groupsIgnored)} },
		Bubble: true,
	})
}

func TestRateLimiterOverGRPC(t *testing.T) { plugintest.OverGRPC(t, fakeLimiterSuite()) }

func TestPlainRateLimiterOverGRPC(t *testing.T) {
	plugintest.OverGRPC(t, plugintest.RateLimiterConfig{
		Open:   func(*testing.T) contract.RateLimiter { return onlyLimiter{newFakeLimiter(none)} },
		Bubble: true,
	})
}

func TestAdapterOverGRPC(t *testing.T) { plugintest.OverGRPC(t, referenceSuite()) }

// onlyCache and onlyLimiter hide the abilities of what they hold.
type (
	onlyCache   struct{ contract.Cache }
	onlyLimiter struct{ contract.RateLimiter }
)
