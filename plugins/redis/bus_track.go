package main

import "github.com/jackfield/jackfield/sdk/contract"

// busTrack follows what comes in for one cell, so that a gap is told and nothing
// comes twice.
type busTrack struct {
	at   contract.Position // of the last change; zero: not known
	seen map[string]uint64 // by incarnation: the number of its last message
}

// busMostSenders bounds seen; beyond it a message may once pass twice.
const busMostSenders = 1 << 10

// step takes the next change. fresh: it is to be told; gap: something is missing
// before it.
func (t *busTrack) step(p contract.Position) (fresh, gap bool) {
	known := t.at != contract.Position{}
	switch {
	case known && !t.at.Before(p):
		return false, false
	case known && (p.Epoch != t.at.Epoch || p.Seq != t.at.Seq+1):
		gap = true
	}
	t.at = p
	return true, gap
}

// restart forgets the position: what comes next is the first.
func (t *busTrack) restart() { t.at = contract.Position{} }

// first reports whether message n of a sender is a new one. The way of all
// messages of a sender in a cell keeps their order.
func (t *busTrack) first(incarnation string, n uint64) bool {
	if t.seen == nil || len(t.seen) >= busMostSenders {
		t.seen = map[string]uint64{}
	}
	if n <= t.seen[incarnation] {
		return false
	}
	t.seen[incarnation] = n
	return true
}

// take hands over what came on a state topic.
func (s *busSession) take(cell uint32, payload string) {
	n, err := parseNews(cell, payload)
	if err != nil {
		s.bus.logger.Error("A change of state cannot be read; another program may publish under the same prefix", "cell", cell, "err", err)
		s.inbox.lost("a change could not be read", cell)
		return
	}
	track := &s.cells[cell].track
	if n.epoch != 0 {
		s.begins(cell, n.epoch)
	}
	for _, c := range n.changes {
		s.heardOf(cell, c.Epoch)
		fresh, gap := track.step(c.Position())
		if gap {
			s.inbox.lost("a change is missing", cell)
		}
		if fresh {
			s.inbox.add(len(c.Change.Info)+128, contract.AdapterEvent{State: &c})
		}
	}
}

// begins takes the news that an epoch has begun. The one in which the session
// joined is none; it may have begun with that.
func (s *busSession) begins(cell uint32, epoch uint64) {
	s.heardOf(cell, epoch)
	c := &s.cells[cell]
	known, joined := c.track.at != contract.Position{}, c.joined.Load()
	fresh, _ := c.track.step(contract.Position{Epoch: epoch})
	if fresh && (known || joined != 0 && joined != epoch) {
		s.inbox.lost("the backend may have forgotten changes", cell)
	}
}

// hear hands over what came on a topic.
func (s *busSession) hear(topic contract.Topic, payload string) {
	n, from, body, err := unaddressed(payload)
	if err != nil {
		s.bus.logger.Error("A message cannot be read; another program may publish under the same prefix", "topic", topic.Name, "err", err)
		return
	}
	if from == s.node.Incarnation || !s.cells[topic.Cell].track.first(from, n) {
		return
	}
	s.bus.counts.received.Add(1)
	s.inbox.add(len(body)+128, contract.AdapterEvent{Message: &contract.BusMessage{Topic: topic, Body: []byte(body)}})
}
