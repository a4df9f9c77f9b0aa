package plugin

import (
	"context"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// kindState is how one kind of the plugin is.
type kindState struct {
	driver string
	state  State
	reason string
}

// noteHealth takes over what the plugin says of its drivers.
func (s *supervisor) noteHealth(h wire.Health) {
	for _, d := range h.Drivers {
		switch d.State {
		case wire.Serving:
			s.set(d.Kind, Serving, "")
		case wire.Degraded, wire.NotServing:
			s.set(d.Kind, Degraded, d.Reason)
		}
	}
}

// set notes the state of one kind, and logs it once when it changes.
func (s *supervisor) set(kind contract.Kind, state State, reason string) {
	s.mu.Lock()
	k, ok := s.states[kind]
	before := k.state
	k.state, k.reason = state, reason
	if ok {
		s.states[kind] = k
	}
	s.mu.Unlock()
	switch {
	case !ok || before == state:
	case state == Degraded:
		s.logger.Warn("driver is degraded", "kind", kind, "driver", k.driver, "reason", reason)
	case before == Degraded && state == Serving:
		s.logger.Info("driver is well again", "kind", kind, "driver", k.driver)
	}
}

func (s *supervisor) setAll(state State, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind, k := range s.states {
		k.state, k.reason = state, reason
		s.states[kind] = k
	}
}

func (s *supervisor) setProcess(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process = p
}

func (s *supervisor) countRestart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restarts++
}

func (s *supervisor) remember(told []wire.BackendSample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = told
}

// bid sets the time limit of the end; it is called before run's context ends.
func (s *supervisor) bid(farewell context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.farewell = farewell
}

func (s *supervisor) farewellContext() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.farewell
}
