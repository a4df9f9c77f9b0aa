package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// checkChoices compares what is configured with what the plugin says of
// itself, before any driver is opened. It reports all problems at once.
func (p *process) checkChoices(u *unit) error {
	var problems []error
	for _, kind := range u.kinds() {
		choice := u.choices[kind]
		d, err := p.driver(kind, choice.Driver)
		if err == nil {
			err = describeOptions(kind, choice.Driver, checkOptions(string(d.Schema), choice.Options))
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// describeOptions gives each problem with options the names of kind and driver.
func describeOptions(kind contract.Kind, driver string, err error) error {
	options, ok := errors.AsType[contract.OptionErrors](err)
	if !ok {
		return err
	}
	lines := make([]string, len(options))
	for i, o := range options {
		lines[i] = fmt.Sprintf("%s driver %q: %s", kind, driver, contract.OptionErrors{o})
	}
	return fmt.Errorf("%w: %s", contract.ErrInvalid, strings.Join(lines, "\n"))
}

// configure opens the driver of one kind.
func (p *process) configure(ctx context.Context, u *unit, kind contract.Kind, nodeID string) error {
	ctx, cancel := context.WithTimeout(ctx, configureTimeout)
	defer cancel()
	choice := u.choices[kind]
	d, err := p.driver(kind, choice.Driver)
	if err != nil {
		return err
	}
	caps, err := p.life.Configure(ctx, wire.Configuration{Kind: kind, Driver: d.Name, Options: choice.Options, NodeID: nodeID})
	switch {
	case err != nil && p.child == nil && errors.Is(err, contract.ErrConflict):
		caps = d.Capabilities // somebody else's program, which was configured before
	case err != nil:
		return fmt.Errorf("%s driver %q could not be opened: %w", kind, choice.Driver, describeOptions(kind, choice.Driver, err))
	}
	if err := lacking(u.plugin, kind, choice, caps); err != nil {
		return err
	}
	p.open[kind] = caps
	return nil
}

// lacking names the capabilities that the configuration needs and the driver
// does not have.
func lacking(plugin string, kind contract.Kind, choice Choice, caps []contract.Capability) error {
	var names []string
	for _, need := range choice.Needs {
		if !slices.Contains(caps, need) {
			names = append(names, string(need))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s.driver %q (plugin %q) lacks %s, which the configuration needs; choose another driver",
		contract.ErrUnsupported, kind, choice.Driver, plugin, strings.Join(names, ", "))
}

// bearable is whether the host goes on without a driver that could not be
// opened and tries again: its backend is away, not its options wrong.
func bearable(err error) bool {
	return errors.Is(err, contract.ErrUnavailable) || errors.Is(err, contract.ErrTimeout) ||
		errors.Is(err, contract.ErrAuth) || errors.Is(err, contract.ErrOverloaded)
}

var errReported = errors.New("health was reported")

// reachable asks the plugin's health whether the backend of a kind answers.
func (p *process) reachable(ctx context.Context, kind contract.Kind) error {
	ctx, cancel := context.WithTimeout(ctx, configureTimeout)
	defer cancel()
	var found error
	err := p.life.Health(ctx, func(h wire.Health) error {
		for _, d := range h.Drivers {
			if d.Kind != kind {
				continue
			}
			if d.State == wire.Starting {
				return nil
			}
			if d.State != wire.Serving {
				found = fmt.Errorf("%w: %s is %s: %s", contract.ErrUnavailable, kind, d.State, d.Reason)
			}
		}
		return errReported
	})
	if errors.Is(err, errReported) {
		return found
	}
	return fmt.Errorf("health: %w", err)
}
