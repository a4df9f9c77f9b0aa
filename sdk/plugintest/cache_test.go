package plugintest_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func fakeCacheSuite() plugintest.CacheConfig {
	return plugintest.CacheConfig{
		Open:       func(*testing.T) contract.Cache { return newFakeCache(none) },
		Bubble:     true,
		DefaultTTL: fakeDefaultTTL,
	}
}

func TestCacheInABubble(t *testing.T) { plugintest.Cache(t, fakeCacheSuite()) }

// plainCache has no abilities, but the methods: what a client of a remote cache looks like.
type plainCache struct{ *fakeCache }

func (plainCache) Increment(context.Context, string, int64, time.Duration, string) (int64, error) {
	return 0, contract.ErrUnsupported
}

func (plainCache) CompareAndSet(context.Context, string, []byte, []byte, time.Duration) (bool, error) {
	return false, contract.ErrUnsupported
}

func (plainCache) Touch(context.Context, string, time.Duration) (bool, error) {
	return false, contract.ErrUnsupported
}

func (plainCache) TTL(context.Context, string) (time.Duration, error) {
	return 0, contract.ErrUnsupported
}

func (plainCache) Scan(context.Context, string, string, int) ([]string, string, error) {
	return nil, "", contract.ErrUnsupported
}

func (plainCache) DeletePrefix(context.Context, string) (int64, error) {
	return 0, contract.ErrUnsupported
}

func TestCacheWithoutAbilities(t *testing.T) {
	plugintest.Cache(t, plugintest.CacheConfig{
		Open:         func(*testing.T) contract.Cache { return plainCache{newFakeCache(none)} },
		Capabilities: []contract.Capability{},
		Bubble:       true,
	})
}
