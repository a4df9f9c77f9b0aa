package main

import (
	"context"
	"strconv"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Subscribe implements contract.AdapterSession. After an error the topics may be
// subscribed all the same, or will be when Redis is back; Unsubscribe ends it.
func (s *busSession) Subscribe(ctx context.Context, topics []contract.Topic) (err error) {
	ctx, end, err := s.begin(ctx, cellsOf(topics)...)
	if err != nil {
		return err
	}
	defer end(&err)
	for _, t := range topics {
		s.lineOf(t.Cell).want(s.keys.topic(t), t)
	}
	for _, t := range topics {
		if err := s.lineOf(t.Cell).await(ctx, s.keys.topic(t)); err != nil {
			return s.bus.commands.explain(err)
		}
	}
	return nil
}

// Unsubscribe implements contract.AdapterSession. It does not wait for Redis.
func (s *busSession) Unsubscribe(ctx context.Context, topics []contract.Topic) (err error) {
	_, end, err := s.begin(ctx, cellsOf(topics)...)
	if err != nil {
		return err
	}
	defer end(&err)
	for _, t := range topics {
		s.lineOf(t.Cell).drop(s.keys.topic(t))
	}
	return nil
}

func cellsOf(topics []contract.Topic) []uint32 {
	cells := make([]uint32, len(topics))
	for i, t := range topics {
		cells[i] = t.Cell
	}
	return cells
}

// Publish implements contract.AdapterSession. A message that could not be handed
// over is not tried again.
func (s *busSession) Publish(ctx context.Context, msgs []contract.BusMessage) (err error) {
	cells := make([]uint32, len(msgs))
	for i, m := range msgs {
		cells[i] = m.Topic.Cell
	}
	ctx, end, err := s.begin(ctx, cells...)
	if err != nil {
		return err
	}
	defer end(&err)
	calls := make([]*busCall, len(msgs))
	for i, m := range msgs {
		calls[i] = &busCall{
			ctx: ctx, cell: m.Topic.Cell, topic: s.keys.topic(m.Topic), body: m.Body, size: 64 + len(m.Topic.Name) + len(m.Body),
		}
	}
	for _, c := range calls {
		if perr := s.laneOf(c.cell).push(c); perr != nil {
			c.done = make(chan struct{})
			c.finish(nil, perr)
		}
	}
	for _, c := range calls {
		if _, cerr := s.laneOf(c.cell).await(c); err == nil {
			err = cerr
		}
	}
	return err
}

// addressed puts in front of a body who sent it, and its number among all that
// were sent the same way.
func addressed(n uint64, incarnation string, body []byte) []byte {
	head := strconv.AppendUint(nil, n, 10)
	head = append(head, ' ')
	head = strconv.AppendInt(head, int64(len(incarnation)), 10)
	head = append(head, ':')
	head = append(head, incarnation...)
	return append(head, body...)
}

// unaddressed takes a message apart.
func unaddressed(s string) (n uint64, incarnation, body string, err error) {
	number, rest, _ := cutNumber(s)
	incarnation, body, err = unframe(rest)
	return number, incarnation, body, err
}

func cutNumber(s string) (n uint64, rest string, ok bool) {
	for i := range len(s) {
		if s[i] == ' ' {
			n, err := strconv.ParseUint(s[:i], 10, 64)
			return n, s[i+1:], err == nil
		}
	}
	return 0, "", false
}
