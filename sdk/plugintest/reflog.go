package plugintest

import (
	"context"
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

// reading starts a command that reads a cell; it returns with the bus locked,
// or with an error.
func (s *refSession) reading(ctx context.Context, cell uint32) (*refCell, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	c, err := s.bus.cell(cell)
	if err != nil {
		s.bus.mu.Unlock()
	}
	return c, err
}

func (s *refSession) Snapshot(ctx context.Context, cell uint32, cursor string) (contract.CellPage, error) {
	c, err := s.reading(ctx, cell)
	if err != nil {
		return contract.CellPage{}, err
	}
	defer s.bus.mu.Unlock()
	return c.page(cursor, s.bus.pageSize)
}

func (s *refSession) Changes(ctx context.Context, cell uint32, after contract.Position, limit int) ([]contract.StateChange, error) {
	c, err := s.reading(ctx, cell)
	if err != nil {
		return nil, err
	}
	defer s.bus.mu.Unlock()
	return c.changes(after, limit)
}

// Lead makes the session the leader, if no living one is.
func (s *refSession) Lead(ctx context.Context, cell uint32) (contract.Position, error) {
	c, err := s.reading(ctx, cell)
	if err != nil {
		return contract.Position{}, err
	}
	defer s.bus.mu.Unlock()
	if err := s.fenced(); err != nil {
		return contract.Position{}, err
	}
	if other := s.bus.sessions[c.leader]; other != nil && other != s && other.living() {
		return contract.Position{}, fmt.Errorf("%q leads cell %d: %w", c.leader, cell, contract.ErrConflict)
	}
	c.leader = s.node.Incarnation
	return c.cursor, nil
}

// Advance moves the cursor of a cell that the session leads.
func (s *refSession) Advance(ctx context.Context, cell uint32, to contract.Position, resign bool) error {
	c, err := s.reading(ctx, cell)
	if err != nil {
		return err
	}
	defer s.bus.mu.Unlock()
	if err := s.fenced(); err != nil {
		return err
	}
	if c.leader != s.node.Incarnation {
		return fmt.Errorf("%q leads cell %d: %w", c.leader, cell, contract.ErrConflict)
	}
	if c.cursor.Before(to) {
		c.cursor = to
	}
	if resign {
		c.leader = ""
	}
	return nil
}
