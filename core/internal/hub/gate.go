package hub

import (
	"slices"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// A gate holds at most this much. What is over it opens the gate without a
// cached event: what is held is newer.
const (
	gateMessages = 1000
	gateBytes    = 1 << 20
)

// gate is what a subscription waits with until it is opened: its
// acknowledgement and the messages since. Only the worker touches it.
type gate struct {
	ack   []byte
	held  []held
	bytes int
}

type held struct {
	frame []byte
	id    uint64
}

// JoinGated is Join, but neither the acknowledgement nor a message reaches the
// subscriber before Open. Leave may come first.
func (s *Subscriber) JoinGated(kind pusher.Channel, member *pusher.Member, maxMembers int) (*Membership, error) {
	return s.join(kind, opGatedJoin, member, maxMembers)
}

// Open ends the wait of JoinGated: the subscriber gets the acknowledgement, then
// cached, then what came meanwhile, in order. cached is the frame that newcomers
// get, whose ID was id (0: none). It is left out if that very message, or an
// older one, came meanwhile, and does not reach the subscriber a second time if
// it is still on its way. The hub keeps cached; it must not change.
func (m *Membership) Open(cached []byte, id uint64) {
	l := m.sub.log
	l.shard.mu.Lock()
	l.shard.append(l, entry{op: opOpen, ch: m.channel, m: m, sub: m.sub, frame: cached, id: id, at: l.shard.hub.opts.Now()})
	l.shard.mu.Unlock()
}

// shut begins to hold for m.
func (p *part) shut(m *Membership, ack []byte) {
	m.gate = &gate{ack: ack}
	p.gated = append(p.gated, m)
}

// unlist takes m out of those that wait.
func (p *part) unlist(m *Membership) {
	i := slices.Index(p.gated, m)
	p.gated = slices.Delete(p.gated, i, i+1)
	if len(p.gated) == 0 {
		p.gated = nil
	}
	m.gate = nil
}

// hold keeps a message for all that wait.
func (p *part) hold(e *entry) {
	for _, m := range p.gated {
		if e.except == m.sub.ID {
			continue
		}
		m.gate.held = append(m.gate.held, held{e.frameFor(m.sub), e.id})
		m.gate.bytes += len(e.frame)
	}
}

// open lets everything through that waits for m.
func (p *part) open(m *Membership, cached []byte, id uint64, b *budget) {
	g := m.gate
	if g == nil {
		return // was full before
	}
	p.unlist(m)
	p.add(slot{m.sub, m})
	if g.supersedes(id) {
		cached = nil
	} else if id != 0 {
		m.cached = id
		p.fresh++
	}
	all := append(append(make([]byte, 0, len(g.ack)+len(cached)+g.bytes), g.ack...), cached...)
	for i := range g.held {
		all = append(all, g.held[i].frame...)
	}
	m.sub.sink.Send(all)
	b.spend(len(all), int(frame.Count(all)))
}

// supersedes reports whether a cached event is not to be sent before what is
// held: it is among it, or it comes after it.
func (g *gate) supersedes(id uint64) bool {
	if id == 0 {
		return false
	}
	return slices.ContainsFunc(g.held, func(h held) bool { return h.id != 0 && h.id <= id })
}

// gateFull reports whether a gate has no room for one more message.
func (p *part) gateFull(e *entry) bool {
	return slices.ContainsFunc(p.gated, func(m *Membership) bool {
		return len(m.gate.held) >= gateMessages || m.gate.bytes+len(e.frame) > gateBytes && m.gate.bytes > 0
	})
}

// openFull opens all gates without room for e.
func (p *part) openFull(e *entry) {
	for _, m := range slices.Clone(p.gated) {
		if len(m.gate.held) >= gateMessages || m.gate.bytes+len(e.frame) > gateBytes {
			p.open(m, nil, 0, &budget{})
		}
	}
}

// forgetCached is called when the first event since those cached ones was
// delivered: from now on nothing can come a second time.
func (p *part) forgetCached() {
	for i := range p.subs {
		p.subs[i].m.cached = 0
	}
	p.fresh = 0
}
