package main

import (
	"context"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// busAt are the options of an adapter that nobody else shares.
func busAt(c connectionOptions) busOptions {
	var o busOptions
	o.Defaults()
	o.Prefix, o.Connection = newPrefix(), c
	return o
}

// newBus opens an adapter which the test closes.
func newBus(t testing.TB, o busOptions) *bus {
	t.Helper()
	b, err := openBus(context.Background(), o, sdk.Env{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestAdapterKeepsTheContract(t *testing.T) {
	allWays(t, func(c connectionOptions) plugintest.Suite {
		o := busAt(c)
		return plugintest.AdapterConfig{Open: func(t *testing.T) contract.Adapter { return newBus(t, o) }}
	}, nil)
}

// busTestClock is a clock that stands still in a key of each cell.
const busTestClock = `
local function now() return tonumber(redis.call('GET', string.sub(KEYS[1], 1, -5) .. 'clock')) end
`

// busClockwork moves the clocks of all cells of a bus on a single server.
type busClockwork struct {
	*plugintest.Clock
	b     *bus
	cells uint32
}

// onTestClock puts a bus on a clock that the test moves.
func onTestClock(t testing.TB, b *bus, cells uint32) *busClockwork {
	t.Helper()
	w := &busClockwork{plugintest.NewClock(), b, cells}
	b.script, b.now = newBusScript(busTestClock, b.publishing()), w.Now
	w.Advance(0)
	return w
}

func (w *busClockwork) Advance(d time.Duration) {
	w.Clock.Advance(d)
	pipe := w.b.commands.Pipeline()
	for _, base := range newBusKeys(w.b.prefix, w.cells).cells {
		pipe.Set(context.Background(), base+"clock", w.Now().UnixMilli(), 0)
	}
	if _, err := pipe.Exec(context.Background()); err != nil {
		panic(err)
	}
}

func TestAdapterKeepsTheContractOnASimulatedClock(t *testing.T) {
	var clock *busClockwork
	plugintest.Direct(t, plugintest.AdapterConfig{
		Open: func(t *testing.T) contract.Adapter {
			b := newBus(t, busAt(toStandalone(standalone())))
			clock = onTestClock(t, b, 64)
			return b
		},
		Advance: func(d time.Duration) { clock.Advance(d) },
	})
}
