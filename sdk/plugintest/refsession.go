package plugintest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// reapAfter is how long a lease must have ended before its holdings are taken.
const reapAfter = 2 * time.Second

// refSession is one node on a ReferenceBus. Its fields are guarded by the bus.
type refSession struct {
	bus  *ReferenceBus
	node contract.NodeInfo

	leaseEnds   time.Time
	renewed     time.Time // the last renewal
	steadySince time.Time // from here on the renewals have no gap
	reaped      bool

	inbox  []contract.AdapterEvent
	wake   chan struct{} // holds one token when the inbox was filled
	closed chan struct{}

	drops  int           // events to lose
	silent int           // replies to lose
	cut    bool          // partitioned
	lost   bool          // something was lost while cut
	paused chan struct{} // closed when the pause ends; nil: not paused
}

func (s *refSession) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// living is whether the session is open and its lease runs.
func (s *refSession) living() bool {
	return !s.isClosed() && !s.reaped && s.bus.clock.Now().Before(s.leaseEnds)
}

// begin starts a command: it waits while the session is paused and returns with
// the bus locked, or with an error.
func (s *refSession) begin(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.bus.mu.Lock()
		pause := s.paused
		switch {
		case s.isClosed():
			s.bus.mu.Unlock()
			return contract.ErrClosed
		case pause == nil && s.cut:
			s.bus.mu.Unlock()
			return fmt.Errorf("node %q is cut off: %w", s.node.ID, contract.ErrUnavailable)
		case pause == nil:
			return nil
		}
		s.bus.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-pause:
		case <-s.closed:
		}
	}
}

func (s *refSession) fenced() error {
	if s.living() {
		return nil
	}
	return fmt.Errorf("the lease of %q has ended: %w", s.node.Incarnation, contract.ErrFenced)
}

func (s *refSession) Subscribe(ctx context.Context, topics []contract.Topic) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.bus.mu.Unlock()
	for _, t := range topics {
		if !slices.Contains(s.bus.subscribers[t], s) {
			s.bus.subscribers[t] = append(s.bus.subscribers[t], s)
		}
	}
	return nil
}

func (s *refSession) Unsubscribe(ctx context.Context, topics []contract.Topic) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.bus.mu.Unlock()
	for _, t := range topics {
		s.bus.unsubscribe(s, t)
	}
	return nil
}

func (s *refSession) Publish(ctx context.Context, msgs []contract.BusMessage) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.bus.mu.Unlock()
	for _, m := range msgs {
		for _, other := range s.bus.subscribers[m.Topic] {
			if other != s {
				other.deliver(contract.AdapterEvent{Message: &contract.BusMessage{Topic: m.Topic, Body: bytes.Clone(m.Body)}})
			}
		}
	}
	return nil
}

func (s *refSession) Apply(ctx context.Context, req contract.ApplyRequest) (contract.Verdict, error) {
	if err := s.begin(ctx); err != nil {
		return contract.Verdict{}, err
	}
	defer s.bus.mu.Unlock()
	c, err := s.bus.cell(req.Cell)
	if err != nil {
		return contract.Verdict{}, err
	}
	for _, ch := range req.Changes {
		if ch.Key.Kind != contract.StatePresence && ch.Key.Kind != contract.StateCount {
			return contract.Verdict{}, fmt.Errorf("state kind %d: %w", ch.Key.Kind, contract.ErrInvalid)
		}
	}
	if err := s.fenced(); err != nil {
		return contract.Verdict{}, err
	}
	incarnation := s.node.Incarnation
	if last := c.applied[incarnation]; req.Version <= last.version {
		return s.answerAgain(c, req, last), nil
	}
	v, record := contract.Verdict{Epoch: c.epoch}, s.bus.recorder(req.Cell, incarnation)
	for _, ch := range req.Changes {
		res := c.change(incarnation, ch, record)
		v.Results = append(v.Results, res)
	}
	c.applied[incarnation] = refApplied{req.Version, contract.Verdict{Epoch: v.Epoch, Results: slices.Clone(v.Results)}}
	if s.losesReply() {
		return contract.Verdict{}, fmt.Errorf("the reply was lost: %w", contract.ErrTimeout)
	}
	return v, nil
}

// answerAgain answers a version that was executed before. Only the answer of
// the last one is kept; of an older one only the totals are told.
func (s *refSession) answerAgain(c *refCell, req contract.ApplyRequest, last refApplied) contract.Verdict {
	v := contract.Verdict{Epoch: c.epoch, Results: slices.Clone(last.verdict.Results)}
	if req.Version == last.version {
		return v
	}
	v.Results = make([]contract.ChangeResult, len(req.Changes))
	for i, ch := range req.Changes {
		v.Results[i].Total = c.total(ch.Key)
	}
	return v
}

// Close gives back what the node holds. A node that is fenced or cut off
// cannot: what it holds waits for Reap.
func (s *refSession) Close() error {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	if s.isClosed() {
		return nil
	}
	for t := range s.bus.subscribers {
		s.bus.unsubscribe(s, t)
	}
	gives := s.living() && !s.cut
	close(s.closed)
	s.inbox = nil
	if gives {
		s.bus.release(s.node.Incarnation)
		s.reaped = true
	}
	return nil
}
