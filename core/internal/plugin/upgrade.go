package plugin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The bounds of an upgrade: its whole, the time in which a stateful plugin is
// out of service while its state is moved, and the part of that in which
// operations under way may finish.
const (
	upgradeTimeout = 30 * time.Second
	moveTimeout    = 10 * time.Second
	idleTimeout    = 3 * time.Second
)

// upgrade is a request to replace a plugin's process.
type upgrade struct {
	ctx     context.Context
	choices map[contract.Kind]Choice // new ones; others stay
	result  chan error
}

// ask hands an upgrade to the supervisor and waits for its result.
func (s *supervisor) ask(ctx context.Context, choices map[contract.Kind]Choice) error {
	ctx, cancel := context.WithTimeout(ctx, upgradeTimeout)
	defer cancel()
	u := &upgrade{ctx: ctx, choices: choices, result: make(chan error, 1)}
	select {
	case s.upgrades <- u:
		return <-u.result
	case <-s.done:
		return contract.ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("the plugin is not in service: %w", ctx.Err())
	}
}

// carryOut starts a successor beside p and swaps them. It returns the process
// that is in service then: p if the upgrade failed.
func (s *supervisor) carryOut(ctx context.Context, u *upgrade, p *process) *process {
	upCtx, cancel := context.WithCancel(u.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	unit := s.unit.with(u.choices)
	next, err := s.bringUp(upCtx, unit, true)
	if err == nil && len(next.open) < len(unit.choices) {
		err = errors.New("not all drivers could be opened")
	}
	var held []tenant
	if err == nil {
		held, err = s.moveState(upCtx, p, next)
	}
	if err != nil {
		if next != nil {
			next.destroy()
		}
		s.logger.Error("plugin upgrade failed, the old process goes on", "err", err)
		u.result <- fmt.Errorf("upgrade plugin %q: %w", s.unit.name, err)
		return p
	}
	s.swap(unit, p, next, held)
	u.result <- nil
	return next
}

// swap puts next into service and retires p in the background.
func (s *supervisor) swap(unit *unit, p, next *process, held []tenant) {
	s.unit = unit
	tenants := append(held, s.publish(next)...)
	s.logger.Info("plugin was upgraded", "from", p.description.Version, "to", next.description.Version, "pid", next.pid())
	s.retiring.Go(func() {
		ctx, cancel := context.WithTimeout(s.farewellContext(), 2*drainTimeout)
		defer cancel()
		p.retire(ctx, tenants)
	})
}

// moveState hands the state of stateful drivers from p to next. They are out
// of service meanwhile; on success they stay so and their tenants are returned.
func (s *supervisor) moveState(ctx context.Context, p, next *process) ([]tenant, error) {
	kinds := p.stateful()
	for _, kind := range kinds {
		if !slices.Contains(p.open[kind], contract.CapStateMove) || !slices.Contains(next.open[kind], contract.CapStateMove) {
			return nil, fmt.Errorf("%s keeps state in the process and cannot hand it over (%s); restart the server instead", kind, contract.CapStateMove)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, moveTimeout)
	defer cancel()
	var held []tenant
	for _, kind := range kinds {
		if t := s.seats[kind].take(p); t != nil {
			held = append(held, t)
		}
	}
	idle, stop := context.WithTimeout(ctx, idleTimeout)
	defer stop()
	for _, t := range held {
		t.idle(idle)
		// What is still under way must not be answered by a state that was handed
		// over: it fails, and is made again at the successor.
		t.leave()
	}
	for _, kind := range kinds {
		if err := move(ctx, p, next, kind); err != nil {
			s.resume(p, kinds)
			return nil, fmt.Errorf("hand over the state of %s: %w", kind, err)
		}
	}
	return held, nil
}

// resume puts kinds of p back into service.
func (s *supervisor) resume(p *process, kinds []contract.Kind) {
	for _, kind := range kinds {
		s.publishKind(p, kind, nil)
	}
}

// move copies the state of one kind.
func move(ctx context.Context, from, to *process, kind contract.Kind) error {
	importer, err := to.life.Import(ctx, kind)
	if err != nil {
		return err
	}
	if err := from.life.Export(ctx, kind, importer.Chunk); err != nil {
		importer.Cancel()
		return err
	}
	return importer.Finish()
}

// relieve has a successor take over the state of a faulty process that still
// answers, after the back-off, while it serves on. It returns nil if that cannot
// be: the state is lost then.
func (s *supervisor) relieve(ctx context.Context, p *process, end ending) *process {
	s.on(p).Error("plugin is faulty, a successor will take its state over", "reason", end.reason)
	select {
	case <-s.clock.After(s.backoff.next()):
	case <-p.exited():
		return nil
	case <-ctx.Done():
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, upgradeTimeout)
	defer cancel()
	next := s.carryOut(ctx, &upgrade{ctx: limited, result: make(chan error, 1)}, p)
	if next == p {
		return nil
	}
	s.countRestart()
	return next
}

// with returns the unit with other choices for some of its kinds.
func (u *unit) with(choices map[contract.Kind]Choice) *unit {
	next := *u
	next.choices = maps.Clone(u.choices)
	for kind, choice := range choices {
		if _, ok := next.choices[kind]; ok {
			next.choices[kind] = choice
		}
	}
	return &next
}
