package plugintest

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// BinaryConfig names a built plugin and the driver to check in it.
type BinaryConfig struct {
	// Path is the program's file. It may be written in any language.
	Path string
	// Suite is the config of the driver's kind. Of its fields Open,
	// Unreachable, Capabilities and the clocks are not used: the program
	// declares its capabilities, and time passes for real.
	Suite Suite
	// Driver is the name of the driver, Options its options as a JSON object.
	Driver  string
	Options json.RawMessage
}

// Binary checks a program: what it says of itself, how it behaves as a process,
// and, with its suite, the driver that it serves. The program is started as a
// server starts it: handshake, lifeline and call token.
func Binary(t *testing.T, cfg BinaryConfig) {
	t.Helper()
	for _, c := range processCases {
		t.Run(c.name, func(t *testing.T) { c.run(t, cfg) })
	}
	t.Run("the driver keeps the contract", func(t *testing.T) {
		p := launch(t, cfg.Path)
		_, r := p.configured(t, cfg)
		t.Run(string(cfg.Suite.Kind()), func(t *testing.T) { cfg.Suite.of(r).run(t) })
		wantSame(t, "stdout after the handshake", p.stdout.String(), "")
	})
}

// configured connects to a program and opens the driver.
func (p *program) configured(t *testing.T, cfg BinaryConfig) (*wire.Lifecycle, remote) {
	t.Helper()
	life, r := p.connect(t, p.token)
	caps, err := life.Configure(soon(t), wire.Configuration{
		Kind: cfg.Suite.Kind(), Driver: cfg.Driver, Options: cfg.Options, NodeID: "suite",
	})
	wantNil(t, "Configure", err)
	r.caps = caps
	return life, r
}

// soon returns a context for what must answer quickly.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), readyWithin)
	t.Cleanup(cancel)
	return ctx
}

// alive asks a program for an answer.
func alive(t *testing.T, life *wire.Lifecycle) {
	t.Helper()
	_, err := life.Describe(soon(t))
	wantNil(t, "Describe", err)
}

// offers finds the driver of the config in a description.
func offers(t *testing.T, d wire.Description, cfg BinaryConfig) {
	t.Helper()
	if d.Name == "" || d.Version == "" {
		t.Errorf("the description lacks name %q or version %q", d.Name, d.Version)
	}
	i := slices.IndexFunc(d.Drivers, func(dr wire.DriverDescription) bool {
		return dr.Kind == cfg.Suite.Kind() && dr.Name == cfg.Driver
	})
	if i < 0 {
		t.Fatalf("the description offers no %s driver %q: %+v", cfg.Suite.Kind(), cfg.Driver, d.Drivers)
	}
	for _, dr := range d.Drivers {
		if !slices.Contains(contract.Kinds(), dr.Kind) {
			t.Errorf("driver %q is of the unknown kind %q", dr.Name, dr.Kind)
		}
		var schema map[string]any
		if err := json.Unmarshal(dr.Schema, &schema); err != nil {
			t.Errorf("the schema of %s %q is no JSON object: %v", dr.Kind, dr.Name, err)
		}
	}
}

// drainWithin is the deadline that a program is given to drain.
const drainWithin = 3 * time.Second
