package plugintest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// ReferenceBus is an adapter whose cells and topics live in memory: the
// contract in its plainest form, for tests that join several nodes in one
// process. Its leases know only the clock it was given, and faults come on
// demand (Drop, Partition, Pause, Forget).
type ReferenceBus struct {
	clock interface{ Now() time.Time }

	mu          sync.Mutex // guards all that follows and every session's state
	cellCount   uint32     // of the first node
	pageSize    int
	cells       map[uint32]*refCell
	sessions    map[string]*refSession // by incarnation, closed ones too
	subscribers map[contract.Topic][]*refSession
}

var _ contract.Adapter = (*ReferenceBus)(nil)

// NewReferenceBus returns an empty bus on a clock, which is a *Clock or
// anything else that tells the time.
func NewReferenceBus(clock interface{ Now() time.Time }) *ReferenceBus {
	return &ReferenceBus{
		clock:       clock,
		pageSize:    100,
		cells:       map[uint32]*refCell{},
		sessions:    map[string]*refSession{},
		subscribers: map[contract.Topic][]*refSession{},
	}
}

// SetPage sets how many holdings stand on a page of a snapshot; 100 unless set.
func (b *ReferenceBus) SetPage(holdings int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pageSize = holdings
}

// Open joins a node; see contract.Adapter. An incarnation that is joined now
// is refused with ErrConflict, one that ever was with ErrFenced.
func (b *ReferenceBus) Open(_ context.Context, node contract.NodeInfo) (contract.AdapterSession, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.admit(node); err != nil {
		return nil, fmt.Errorf("open session %q of node %q: %w", node.Incarnation, node.ID, err)
	}
	now := b.clock.Now()
	s := &refSession{
		bus: b, node: node,
		leaseEnds: now.Add(node.Lease), renewed: now, steadySince: now,
		wake: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	b.cellCount = node.Cells
	b.sessions[node.Incarnation] = s
	return s, nil
}

// admit tells why a node may not join.
func (b *ReferenceBus) admit(node contract.NodeInfo) error {
	switch {
	case node.ID == "" || node.Incarnation == "" || node.Lease <= 0 || node.Cells == 0:
		return fmt.Errorf("it needs an id, an incarnation, a lease and cells: %w", contract.ErrInvalid)
	case b.cellCount != 0 && node.Cells != b.cellCount:
		return fmt.Errorf("it has %d cells, the others have %d: %w", node.Cells, b.cellCount, contract.ErrInvalid)
	}
	if s := b.sessions[node.Incarnation]; s != nil {
		if s.living() {
			return fmt.Errorf("it is open: %w", contract.ErrConflict)
		}
		return contract.ErrFenced
	}
	for _, s := range b.sessions {
		if s.living() && (node.Writes > s.node.Reads || s.node.Writes > node.Reads) {
			return fmt.Errorf("it reads %d and writes %d, node %q reads %d and writes %d: %w",
				node.Reads, node.Writes, s.node.ID, s.node.Reads, s.node.Writes, contract.ErrInvalid)
		}
	}
	return nil
}

// cell returns a cell, made at its first use.
func (b *ReferenceBus) cell(n uint32) (*refCell, error) {
	if n >= b.cellCount {
		return nil, fmt.Errorf("cell %d of %d: %w", n, b.cellCount, contract.ErrInvalid)
	}
	c := b.cells[n]
	if c == nil {
		c = newRefCell(1)
		b.cells[n] = c
	}
	return c, nil
}

// recorder writes changes of an incarnation into the log of a cell and tells
// every session of them.
func (b *ReferenceBus) recorder(cell uint32, incarnation string) func(contract.Change, contract.Holding, contract.ChangeResult) {
	c := b.cells[cell]
	return func(ch contract.Change, before contract.Holding, res contract.ChangeResult) {
		ch.Limit, ch.Info = 0, nil
		if ch.Present {
			ch.Info = bytes.Clone(c.info(ch.Key, ch.User))
		}
		told := contract.StateChange{
			Cell: cell, Epoch: c.epoch, Seq: res.Seq, Time: b.clock.Now(), Incarnation: incarnation, Change: ch, Result: res,
		}
		c.log = append(c.log, refEntry{told, before})
		if len(c.log) > refLogLimit {
			c.log = c.log[len(c.log)-refLogLimit:]
		}
		for _, s := range b.sessions {
			s.deliver(contract.AdapterEvent{State: &told})
		}
	}
}

// release gives back what an incarnation holds in all cells.
func (b *ReferenceBus) release(incarnation string) {
	for n := range b.cellCount {
		if c := b.cells[n]; c != nil {
			c.release(incarnation, b.recorder(n, incarnation))
		}
	}
}

// unsubscribe takes a session out of a topic.
func (b *ReferenceBus) unsubscribe(s *refSession, topic contract.Topic) {
	b.subscribers[topic] = slices.DeleteFunc(b.subscribers[topic], func(o *refSession) bool { return o == s })
	if len(b.subscribers[topic]) == 0 {
		delete(b.subscribers, topic)
	}
}
