package plugin

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// supervisor keeps one plugin running. Its goroutine is run; the other methods
// may be called by any.
type supervisor struct {
	name     string
	plugin   string
	launcher *launcher
	seats    map[contract.Kind]seat
	nodeID   string
	clock    Clock
	logger   hclog.Logger
	upgrades chan *upgrade
	done     chan struct{} // closed when run has returned
	retiring sync.WaitGroup

	unit    *unit // of run only
	backoff backoff

	mu       sync.Mutex
	states   map[contract.Kind]kindState
	restarts uint64
	process  *process             // the present one, nil while it is away
	told     []wire.BackendSample // the last series that the plugin told
	farewell context.Context
}

func newSupervisor(u *unit, l *launcher, o *Options, seats map[contract.Kind]seat) *supervisor {
	s := &supervisor{
		name: u.name, plugin: u.plugin, launcher: l, seats: seats, nodeID: o.NodeID, clock: o.Clock, unit: u,
		logger: o.Logger.With("plugin", u.name), upgrades: make(chan *upgrade), done: make(chan struct{}),
		states: map[contract.Kind]kindState{}, farewell: context.Background(),
	}
	for kind, choice := range u.choices {
		s.states[kind] = kindState{driver: choice.Driver, state: Starting}
	}
	return s
}

// run brings the plugin up, tells on first whether that worked, and keeps it up
// until ctx ends. If the first start fails it returns at once.
func (s *supervisor) run(ctx context.Context, first chan<- error) {
	defer close(s.done)
	defer s.retiring.Wait()
	p, err := s.bringUp(ctx, s.unit, true)
	if err != nil {
		s.setAll(Failed, err.Error())
		first <- err
		return
	}
	s.publish(p)
	s.on(p).Info("plugin is up", "version", p.description.Version, "commit", p.description.Commit)
	first <- nil
	for p != nil {
		p = s.serve(ctx, p)
	}
	s.setAll(Stopped, "")
}

// serve attends to a process until it must go, and returns its successor; nil
// when ctx has ended.
func (s *supervisor) serve(ctx context.Context, p *process) *process {
	since := s.clock.Now()
	end := s.attend(ctx, p)
	switch {
	case end.upgrade != nil:
		return s.carryOut(ctx, end.upgrade, p)
	case ctx.Err() != nil:
		s.setAll(Draining, "")
		s.setProcess(nil)
		p.retire(s.farewellContext(), s.withdraw(p))
		return nil
	}
	s.backoff.served(s.clock.Now().Sub(since))
	if end.gently && len(p.stateful()) > 0 {
		if next := s.relieve(ctx, p, end); next != nil {
			return next
		}
	}
	s.bury(p, end)
	return s.restart(ctx, end.reason)
}

// bury takes a faulty process out of service.
func (s *supervisor) bury(p *process, end ending) {
	s.on(p).Error("plugin failed, it will be restarted", "reason", end.reason, "last_lines", end.said)
	s.setProcess(nil)
	tenants := s.withdraw(p)
	if end.gently {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		p.retire(ctx, tenants)
		return
	}
	p.kill()
	for _, t := range tenants {
		t.leave()
	}
	p.destroy()
}

// on is the log for what concerns one process of the plugin.
func (s *supervisor) on(p *process) hclog.Logger {
	if s.unit.path == "" {
		return s.logger.With("address", s.unit.config.Address)
	}
	return s.logger.With("pid", p.pid())
}

// restart tries until the plugin is up again or ctx ends.
func (s *supervisor) restart(ctx context.Context, reason string) *process {
	for {
		wait := s.backoff.next()
		state := Backoff
		if s.backoff.failed() {
			state = Failed
		}
		s.setAll(state, reason)
		select {
		case <-ctx.Done():
			return nil
		case <-s.clock.After(wait):
		}
		s.setAll(Starting, reason)
		p, err := s.bringUp(ctx, s.unit, false)
		s.countRestart()
		if err == nil {
			s.on(p).Info("plugin is back", "version", p.description.Version)
			s.publish(p)
			return p
		}
		if ctx.Err() != nil {
			return nil
		}
		s.logger.Error("plugin could not be restarted", "err", err)
		reason = err.Error()
	}
}

// bringUp starts a plugin and opens its drivers. A strict start bears less: the
// app store must be open and answer.
func (s *supervisor) bringUp(ctx context.Context, u *unit, strict bool) (*process, error) {
	p, err := s.launcher.launch(ctx, u)
	if err != nil {
		return nil, err
	}
	if err := s.openDrivers(ctx, u, p, strict); err != nil {
		p.destroy()
		return nil, fmt.Errorf("plugin %q: %w", u.name, err)
	}
	return p, nil
}

func (s *supervisor) openDrivers(ctx context.Context, u *unit, p *process, strict bool) error {
	if err := p.checkChoices(u); err != nil {
		return err
	}
	for _, kind := range u.kinds() {
		if len(p.spared[kind]) > 0 {
			s.logger.Info("the plugin is older than the server, and does not get settings that it does not know; they have their default", "kind", kind, "settings", p.spared[kind])
		}
		mustOpen := strict && kind == contract.KindAppManager
		open := p.configure
		if mustOpen {
			open = s.patiently(open)
		}
		err := open(ctx, u, kind, s.nodeID)
		switch {
		case err == nil:
		case mustOpen || !bearable(err) || ctx.Err() != nil:
			return err
		default:
			s.logger.Warn("driver could not be opened, it will be tried again", "kind", kind, "err", err)
			s.set(kind, Degraded, err.Error())
		}
	}
	if _, ok := p.open[contract.KindAppManager]; ok && strict {
		return p.reachable(ctx)
	}
	return nil
}

// opener is process.configure.
type opener func(ctx context.Context, u *unit, kind contract.Kind, nodeID string) error

// patiently opens a driver that is still being prepared, as one says that hints
// when to ask again, for as long as a start can wait.
func (s *supervisor) patiently(open opener) opener {
	return func(ctx context.Context, u *unit, kind contract.Kind, nodeID string) error {
		end := s.clock.After(prepareTimeout)
		for {
			err := open(ctx, u, kind, nodeID)
			after := contract.RetryAfter(err)
			if after == 0 {
				return err
			}
			s.logger.Info("driver is not ready yet", "kind", kind, "err", err)
			select {
			case <-s.clock.After(after):
			case <-end:
				return err
			case <-ctx.Done():
				return err
			}
		}
	}
}

// publish puts the open drivers of p into service, in place of others, which
// it returns.
func (s *supervisor) publish(p *process) []tenant {
	s.setProcess(p)
	var before []tenant
	for kind := range p.open {
		before = s.publishKind(p, kind, before)
	}
	return before
}

func (s *supervisor) publishKind(p *process, kind contract.Kind, before []tenant) []tenant {
	if t := s.seats[kind].put(p, p.open[kind]); t != nil {
		before = append(before, t)
	}
	s.set(kind, Serving, "")
	return before
}

// withdraw takes the drivers of p out of service.
func (s *supervisor) withdraw(p *process) []tenant {
	var tenants []tenant
	for _, seat := range s.seats {
		if t := seat.take(p); t != nil {
			tenants = append(tenants, t)
		}
	}
	return tenants
}

// openPending tries to open drivers whose backend was away, and reports
// whether all are open now.
func (s *supervisor) openPending(ctx context.Context, p *process) bool {
	all := true
	for _, kind := range s.unit.kinds() {
		if _, ok := p.open[kind]; ok {
			continue
		}
		if err := p.configure(ctx, s.unit, kind, s.nodeID); err != nil {
			s.set(kind, Degraded, err.Error())
			all = false
			continue
		}
		s.logger.Info("driver is open now", "kind", kind)
		s.publishKind(p, kind, nil)
	}
	return all
}

// pendingPause is the wait between attempts to open a driver whose backend is away.
const pendingPause = 5 * time.Second
