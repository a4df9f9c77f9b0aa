package core

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/jackfield/jackfield/core/config"
	"github.com/jackfield/jackfield/core/internal/plugin"
	"github.com/jackfield/jackfield/sdk/contract"
)

// swapWaits is whether options must wait for a restart: the adapter's, for other
// nodes count on this one, and those of a queue of which the core has some too.
func (s *server) swapWaits(next *config.Config) bool {
	differs := s.newOptions(next)
	if _, adapter := differs[contract.KindAdapter]; adapter {
		return true
	}
	if _, queue := differs[contract.KindQueue]; !queue {
		return false
	}
	return slices.ContainsFunc(s.cfg.Differences(next), func(d config.Difference) bool {
		return strings.HasPrefix(d.Path, "queue.reliability.")
	})
}

// newOptions are the choices whose options the plugins do not have yet. A driver
// that is another one is no matter of options, and apps of the file are not the
// plugin's to serve.
func (s *server) newOptions(next *config.Config) map[contract.Kind]config.Choice {
	found := map[contract.Kind]config.Choice{}
	for kind, choice := range next.Choices() {
		has := s.reload.options[kind]
		if choice.InCore || choice.Driver != has.Driver || bytes.Equal(choice.Options, has.Options) {
			continue
		}
		if kind != contract.KindAppManager || !s.servesFile() {
			found[kind] = choice
		}
	}
	return found
}

// swapPlugins puts new processes in the place of the plugins that get other
// options, and returns their names. If one cannot be swapped, those that were are
// swapped back.
func (s *server) swapPlugins(ctx context.Context, next *config.Config) ([]string, error) {
	if s.host == nil {
		return nil, nil
	}
	options := maps.Clone(s.reload.options)
	maps.Copy(options, s.newOptions(next))
	var done []string
	for _, name := range s.pluginsOf(s.newOptions(next)) {
		if err := s.host.Upgrade(ctx, name, choicesOf(options)); err != nil {
			return nil, errors.Join(err, s.swapBack(ctx, done))
		}
		done = append(done, name)
	}
	s.reload.options = options
	return done, nil
}

func (s *server) swapBack(ctx context.Context, names []string) error {
	var problems []error
	for _, name := range names {
		problems = append(problems, s.host.Upgrade(ctx, name, choicesOf(s.reload.options)))
	}
	return errors.Join(problems...)
}

// pluginsOf are the names of the plugins that serve these kinds, sorted.
func (s *server) pluginsOf(kinds map[contract.Kind]config.Choice) []string {
	var names []string
	for _, st := range s.host.Status() {
		if _, ok := kinds[st.Kind]; ok {
			names = append(names, st.Plugin)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// choicesOf are choices as the host wants them; it takes what concerns a plugin.
func choicesOf(all map[contract.Kind]config.Choice) map[contract.Kind]plugin.Choice {
	choices := map[contract.Kind]plugin.Choice{}
	for kind, c := range all {
		if !c.InCore {
			choices[kind] = plugin.Choice{Driver: c.Driver, Options: c.Options, Usual: c.Usual, Section: c.Section}
		}
	}
	return choices
}
