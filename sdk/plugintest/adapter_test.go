package plugintest_test

import (
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func referenceSuite() plugintest.AdapterConfig {
	clock := plugintest.NewClock()
	return plugintest.AdapterConfig{
		Open:    func(*testing.T) contract.Adapter { return plugintest.NewReferenceBus(clock) },
		Advance: clock.Advance,
	}
}

func TestAdapterOnASimulatedClock(t *testing.T) { plugintest.Adapter(t, referenceSuite()) }

// wallClock is package time as a clock: the bubble's in a bubble.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func TestAdapterInABubble(t *testing.T) {
	plugintest.Adapter(t, plugintest.AdapterConfig{
		Open:   func(*testing.T) contract.Adapter { return plugintest.NewReferenceBus(wallClock{}) },
		Bubble: true,
	})
}
