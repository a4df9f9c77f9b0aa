package plugintest_test

import (
	"context"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func fakeLimiterSuite() plugintest.RateLimiterConfig {
	return plugintest.RateLimiterConfig{
		Open:   func(*testing.T) contract.RateLimiter { return newFakeLimiter(none) },
		Bubble: true,
	}
}

func TestRateLimiterInABubble(t *testing.T) { plugintest.RateLimiter(t, fakeLimiterSuite()) }

// plainLimiter grants no leases.
type plainLimiter struct{ *fakeLimiter }

func (plainLimiter) Lease(context.Context, contract.TakeRequest, uint32) (contract.LeaseResult, error) {
	return contract.LeaseResult{}, contract.ErrUnsupported
}

func TestRateLimiterWithoutLeases(t *testing.T) {
	plugintest.RateLimiter(t, plugintest.RateLimiterConfig{
		Open:         func(*testing.T) contract.RateLimiter { return plainLimiter{newFakeLimiter(none)} },
		Capabilities: []contract.Capability{},
		Bubble:       true,
	})
}
