package plugintest_test

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

func fakeQueueSuite() plugintest.QueueConfig {
	return plugintest.QueueConfig{
		Open:   func(*testing.T) contract.Queue { return newFakeQueue(none) },
		Bubble: true,
	}
}

func TestQueueInABubble(t *testing.T) { plugintest.Queue(t, fakeQueueSuite()) }

// plainQueue offers nothing beyond what every queue must.
type plainQueue struct{ contract.Queue }

func TestQueueWithoutAbilities(t *testing.T) {
	plugintest.Queue(t, plugintest.QueueConfig{
		Open:   func(*testing.T) contract.Queue { return plainQueue{newFakeQueue(groupsIgnored)} },
		Bubble: true,
	})
}
