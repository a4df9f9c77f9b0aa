package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// everywhere calls the script in all cells and returns the answers by cell: on
// one server by one call, on a cluster by one pipeline. It goes past the lanes,
// for a lease does not wait for anything.
func (s *busSession) everywhere(ctx context.Context, command string, args ...any) ([]busAnswer, error) {
	if s.bus.sharded() {
		return s.cellByCell(ctx, command, args...)
	}
	call := s.asking(ctx, 0, command, args...)
	for n := uint32(1); n < s.node.Cells; n++ {
		call.more = append(call.more, n)
		call.args[2] = max(call.args[2].(uint64), s.cells[n].epoch.Load())
	}
	return s.repeat(ctx, []*busCall{call})
}

// cellByCell is everywhere for commands that take their time: Redis serves others
// between two cells.
func (s *busSession) cellByCell(ctx context.Context, command string, args ...any) ([]busAnswer, error) {
	calls := make([]*busCall, s.node.Cells)
	for n := range calls {
		calls[n] = s.asking(ctx, uint32(n), command, args...)
	}
	return s.repeat(ctx, calls)
}

// repeat sends calls, and what a broken connection left open again, until ctx
// ends.
func (s *busSession) repeat(ctx context.Context, calls []*busCall) ([]busAnswer, error) {
	for _, c := range calls {
		c.done = make(chan struct{})
	}
	left := calls
	for pause := firstPause; len(left) > 0; pause = min(2*pause, mostPause) {
		var wait bool
		if left, wait = s.send(ctx, left); wait && !sleep(ctx, pause) {
			break
		}
	}
	return s.collect(calls, left)
}

// send sends calls in one pipeline and returns those to be sent again.
func (s *busSession) send(ctx context.Context, calls []*busCall) (left []*busCall, wait bool) {
	pipe := s.bus.commands.Pipeline()
	for i, c := range calls {
		c.full = c.full && (i == 0 || s.bus.sharded()) // one server needs the script once
		c.cmd = s.command(ctx, c, nil)
		_ = pipe.Process(ctx, c.cmd)
	}
	_, _ = pipe.Exec(ctx)
	for _, c := range calls {
		more, pause := s.settle(c)
		if more {
			left = append(left, c)
		}
		wait = wait || pause
	}
	return left, wait
}

// collect returns the answers. An error that means something comes before one
// that only says that Redis was away.
func (s *busSession) collect(calls, unfinished []*busCall) ([]busAnswer, error) {
	for _, c := range unfinished {
		c.finish(nil, s.bus.commands.explain(c.cmd.Err()))
	}
	var answers []busAnswer
	var failed error
	for _, c := range calls {
		for _, a := range c.answers {
			if err := s.refusal(a); err != nil {
				return nil, err
			}
		}
		if c.err != nil {
			failed = c.err
		}
		answers = append(answers, c.answers...)
	}
	return answers, failed
}

// yield makes a lease that has ended in one cell end in all.
func (s *busSession) yield() {
	if s.fenced.Swap(true) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), busYieldLimit)
	defer cancel()
	_, _ = s.everywhere(ctx, "yield")
}

// join takes a lease in all cells, or in none.
func (s *busSession) join(ctx context.Context) (err error) {
	ctx, end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end(&err)
	answers, err := s.everywhere(ctx, "join",
		s.node.Lease.Milliseconds(), s.node.Reads, s.node.Writes, s.node.ID, rand.Text())
	if err == nil {
		return s.joined(answers)
	}
	if !errors.Is(err, contract.ErrConflict) {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), busLeaveLimit)
		defer cancel()
		_, _ = s.cellByCell(undo, "leave")
	}
	return err
}

// joined notes in which epochs the session began.
func (s *busSession) joined(answers []busAnswer) error {
	positions, err := s.positions(answers)
	for n, p := range positions {
		s.cells[n].joined.Store(p.Epoch)
	}
	return err
}

// positions reads where the cells stand.
func (s *busSession) positions(answers []busAnswer) ([]contract.Position, error) {
	all := make([]contract.Position, len(answers))
	for n, a := range answers {
		p, err := a.position()
		if err != nil {
			return nil, err
		}
		s.heardOf(uint32(n), p.Epoch)
		all[n] = p
	}
	return all, nil
}

// Renew implements contract.AdapterSession.
func (s *busSession) Renew(ctx context.Context) (p []contract.Position, err error) {
	ctx, end, err := s.beginLeased(ctx)
	if err != nil {
		return nil, err
	}
	defer end(&err)
	asked := s.bus.now()
	answers, err := s.everywhere(ctx, "renew")
	if err != nil {
		return nil, err
	}
	if p, err = s.positions(answers); err == nil {
		s.clock.look(asked, s.bus.now(), answers)
	}
	return p, err
}

// Reap implements contract.AdapterSession. That a node's own renewals had no gap
// is known to each cell; that the server's clock made no step, to the session.
func (s *busSession) Reap(ctx context.Context) (removed []string, err error) {
	ctx, end, err := s.beginLeased(ctx)
	if err != nil {
		return nil, err
	}
	defer end(&err)
	if s.clock.doubtful(s.bus.now()) {
		return nil, nil
	}
	answers, err := s.everywhere(ctx, "dead")
	dead := map[string]bool{}
	for _, a := range answers {
		for _, incarnation := range a.rest {
			dead[incarnation] = true
		}
	}
	for _, incarnation := range slices.Sorted(maps.Keys(dead)) {
		if _, err = s.cellByCell(ctx, "bury", incarnation); err != nil {
			break
		}
		removed = append(removed, incarnation)
	}
	return removed, err
}

// Retire implements contract.AdapterSession.
func (s *busSession) Retire(ctx context.Context, incarnation string) (err error) {
	if incarnation == s.node.Incarnation {
		return fmt.Errorf("%q is this session: %w", incarnation, contract.ErrInvalid)
	}
	ctx, end, err := s.beginLeased(ctx)
	if err != nil {
		return err
	}
	defer end(&err)
	_, err = s.cellByCell(ctx, "retire", incarnation)
	return err
}
