package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// asking is a call of the script in one cell.
func (s *busSession) asking(ctx context.Context, cell uint32, command string, args ...any) *busCall {
	all := append([]any{command, s.node.Incarnation, s.cells[cell].epoch.Load()}, args...)
	return &busCall{ctx: ctx, cell: cell, args: all, size: 64}
}

// begins is begin or beginLeased.
type begins func(context.Context, ...uint32) (context.Context, func(*error), error)

// ask calls the script in one cell, behind all that was called there before.
func (s *busSession) ask(ctx context.Context, begin begins, cell uint32, command string, args ...any) (a busAnswer, err error) {
	ctx, end, err := begin(ctx, cell)
	if err != nil {
		return busAnswer{}, err
	}
	defer end(&err)
	a, err = s.laneOf(cell).do(s.asking(ctx, cell, command, args...))
	if err == nil {
		err = s.refusal(a)
	}
	return a, err
}

// refusal turns the words by which the script refuses into errors.
func (s *busSession) refusal(a busAnswer) error {
	detail := fmt.Sprint(a.rest)
	switch a.word {
	case "fenced":
		s.yield()
		return s.errFenced()
	case "conflict":
		return fmt.Errorf("%q: held by %s: %w", s.node.Incarnation, detail, contract.ErrConflict)
	case "invalid":
		return fmt.Errorf("it reads version %d of what nodes say to each other and writes version %d, but %s; %s: %w",
			s.node.Reads, s.node.Writes, strings.Trim(detail, "[]"), s.upgradeFor(a.rest), contract.ErrInvalid)
	case "unknown":
		return contract.ErrNotFound
	}
	return nil
}

// upgradeFor says what is to be upgraded so that this node and another one
// understand each other.
func (s *busSession) upgradeFor(other []string) string {
	var id string
	var reads, writes uint32
	if len(other) == 0 {
		return "upgrade the older one"
	}
	if _, err := fmt.Sscanf(other[0], "node %q reads %d and writes %d", &id, &reads, &writes); err != nil || s.node.Writes <= reads {
		return "upgrade this node"
	}
	return "upgrade that node first"
}

// Apply implements contract.AdapterSession.
func (s *busSession) Apply(ctx context.Context, req contract.ApplyRequest) (v contract.Verdict, err error) {
	changes, size, err := changeWords(req.Changes)
	if err != nil {
		return v, err
	}
	ctx, end, err := s.beginLeased(ctx, req.Cell)
	if err != nil {
		return v, err
	}
	defer end(&err)
	call := s.asking(ctx, req.Cell, "apply", append([]any{req.Version, 0}, changes...)...)
	call.apply, call.size = true, size
	a, err := s.laneOf(req.Cell).do(call)
	if err == nil {
		err = s.refusal(a)
	}
	if err == nil {
		v, err = verdictOf(a, len(req.Changes))
		s.heardOf(req.Cell, v.Epoch)
		s.bus.counts.applied.Add(1)
	}
	return v, err
}

// changeWords are six words for each change, and about how many bytes they have.
func changeWords(changes []contract.Change) (words []any, size int, err error) {
	for _, ch := range changes {
		name, err := stateName(ch.Key)
		if err != nil {
			return nil, 0, err
		}
		words = append(words, name, ch.User, string(ch.Info), ch.Present, ch.Count, ch.Limit)
		size += len(name) + len(ch.User) + len(ch.Info) + 64
	}
	return words, size, nil
}

func verdictOf(a busAnswer, changes int) (v contract.Verdict, err error) {
	if len(a.rest) == 0 {
		return v, fmt.Errorf("the script named no epoch: %w", contract.ErrInternal)
	}
	if v.Epoch, err = strconv.ParseUint(a.rest[0], 10, 64); err != nil {
		return v, fmt.Errorf("read a verdict: %w", contract.ErrInternal)
	}
	for _, word := range a.rest[1:] {
		r, err := parseResult(word)
		if err != nil {
			return v, err
		}
		v.Results = append(v.Results, r)
	}
	return v, nil
}

// heardOf notes an epoch of a cell.
func (s *busSession) heardOf(cell uint32, epoch uint64) {
	for e := &s.cells[cell].epoch; ; {
		known := e.Load()
		if known >= epoch || e.CompareAndSwap(known, epoch) {
			return
		}
	}
}

// Snapshot implements contract.AdapterSession. It reads about 250 holdings.
func (s *busSession) Snapshot(ctx context.Context, cell uint32, cursor string) (page contract.CellPage, err error) {
	a, err := s.ask(ctx, s.begin, cell, "page", cursor)
	if err != nil {
		return page, err
	}
	if page.Position, err = a.position(); err != nil {
		return page, err
	}
	page.Next = a.word
	for _, text := range a.rest[3:] {
		h, err := parseHolding(text)
		if err != nil {
			return page, err
		}
		page.Holdings = append(page.Holdings, h)
	}
	return page, nil
}

// busMostChanges bounds what one Changes reads.
const busMostChanges = 1000

// Changes implements contract.AdapterSession.
func (s *busSession) Changes(ctx context.Context, cell uint32, after contract.Position, limit int) ([]contract.StateChange, error) {
	if limit < 1 {
		return nil, fmt.Errorf("a limit of %d: %w", limit, contract.ErrInvalid)
	}
	a, err := s.ask(ctx, s.begin, cell, "changes", after.Epoch, after.Seq, min(limit, busMostChanges))
	if err != nil {
		return nil, err
	}
	changes := make([]contract.StateChange, len(a.rest))
	for i, entry := range a.rest {
		if changes[i], err = parseEntry(cell, entry); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// Lead implements contract.AdapterSession.
func (s *busSession) Lead(ctx context.Context, cell uint32) (contract.Position, error) {
	a, err := s.ask(ctx, s.beginLeased, cell, "lead")
	if err != nil {
		return contract.Position{}, err
	}
	return a.position()
}

// Advance implements contract.AdapterSession.
func (s *busSession) Advance(ctx context.Context, cell uint32, to contract.Position, resign bool) error {
	_, err := s.ask(ctx, s.beginLeased, cell, "advance", to.Epoch, to.Seq, resign)
	return err
}
