package plugintest

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Renew extends the lease from now. The bus remembers since when a node's
// renewals have no gap; half a lease without one is a gap.
func (s *refSession) Renew(ctx context.Context) ([]contract.Position, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.bus.mu.Unlock()
	if err := s.fenced(); err != nil {
		return nil, err
	}
	now := s.bus.clock.Now()
	if now.Sub(s.renewed) > s.node.Lease/2 {
		s.steadySince = now
	}
	s.renewed, s.leaseEnds = now, now.Add(s.node.Lease)
	positions := make([]contract.Position, s.bus.cellCount)
	for n := range positions {
		c, _ := s.bus.cell(uint32(n))
		positions[n] = contract.Position{Epoch: c.epoch, Seq: c.seq}
	}
	return positions, nil
}

// steady is whether the node's renewals had no gap for a whole lease: only then
// may it judge others, for after an outage everybody looks dead.
func (s *refSession) steady() bool {
	now := s.bus.clock.Now()
	return now.Sub(s.renewed) <= s.node.Lease/2 && now.Sub(s.steadySince) >= s.node.Lease
}

// Reap removes the holdings of dead nodes, if this node is steady.
func (s *refSession) Reap(ctx context.Context) ([]string, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.bus.mu.Unlock()
	if err := s.fenced(); err != nil {
		return nil, err
	}
	if !s.steady() {
		return nil, nil
	}
	var dead []string
	for incarnation, other := range s.bus.sessions {
		if !other.reaped && s.bus.clock.Now().Sub(other.leaseEnds) > reapAfter {
			dead = append(dead, incarnation)
		}
	}
	slices.Sort(dead)
	for _, incarnation := range dead {
		s.bus.sessions[incarnation].reaped = true
		s.bus.release(incarnation)
	}
	return dead, nil
}

// Retire removes what an earlier session of the node holds.
func (s *refSession) Retire(ctx context.Context, incarnation string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.bus.mu.Unlock()
	if incarnation == s.node.Incarnation {
		return fmt.Errorf("%q is this session: %w", incarnation, contract.ErrInvalid)
	}
	if err := s.fenced(); err != nil {
		return err
	}
	if other := s.bus.sessions[incarnation]; other != nil && !other.reaped {
		other.reaped = true
		if now := s.bus.clock.Now(); now.Before(other.leaseEnds) {
			other.leaseEnds = now
		}
		s.bus.release(incarnation)
	}
	return nil
}
