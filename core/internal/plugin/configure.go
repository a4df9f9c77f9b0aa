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
			p.options[kind], p.spared[kind] = fit(string(d.Schema), choice.Options, choice.Usual)
			err = describeOptions(kind, choice, checkOptions(string(d.Schema), p.options[kind]))
			err = p.notKnown(choice, err)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// describeOptions gives each problem with options the names of kind and driver, and
// the key its place in the configuration.
func describeOptions(kind contract.Kind, choice Choice, err error) error {
	options, ok := errors.AsType[contract.OptionErrors](err)
	if !ok {
		return err
	}
	lines := make([]string, len(options))
	for i, o := range options {
		if choice.Section != "" && o.Path != "" {
			o.Path = choice.Section + "." + o.Path
		}
		lines[i] = fmt.Sprintf("%s driver %q: %s", kind, choice.Driver, contract.OptionErrors{o})
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
	caps, err := p.life.Configure(ctx, wire.Configuration{Kind: kind, Driver: d.Name, Options: p.options[kind], NodeID: nodeID})
	switch {
	case err != nil && p.child == nil && errors.Is(err, contract.ErrConflict):
		caps = d.Capabilities // somebody else's program, which was configured before
	case err != nil:
		return fmt.Errorf("%s driver %q could not be opened: %w", kind, choice.Driver, describeOptions(kind, choice, err))
	}
	if err := lacking(u.plugin, kind, choice, caps); err != nil {
		return err
	}
	p.open[kind], p.names[kind] = caps, d.Name
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

// probeID is an app that nobody has.
const probeID = "start-probe"

// reachable asks the app store for an app that it does not have: an answer, of
// whatever kind, means that the store can be asked.
func (p *process) reachable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, configureTimeout)
	defer cancel()
	client := wire.NewAppManager(p.conn, wire.ClientOptions{Capabilities: p.open[contract.KindAppManager]})
	defer client.Close()
	_, err := client.FindByID(ctx, probeID)
	switch {
	case err == nil, errors.Is(err, contract.ErrNotFound), errors.Is(err, contract.ErrInvalid):
		return nil
	}
	return fmt.Errorf("the app store does not answer: %w", err)
}
