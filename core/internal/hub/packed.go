package hub

import "sync"

// packed is the compressed form of a message, made when the first subscriber
// needs it and shared by all, on all shards.
type packed struct {
	once  sync.Once
	frame []byte
}

// pack returns a place for a compressed form, nil if nobody takes any.
func (h *Hub) pack() *packed {
	if h.opts.Pack == nil {
		return nil
	}
	return &packed{}
}

// frameFor returns the form of a message that sub gets. Worker only.
func (e *entry) frameFor(sub *Subscriber) []byte {
	if e.packed == nil || !sub.Packs {
		return e.frame
	}
	e.packed.once.Do(func() { e.packed.frame = sub.log.app.hub.opts.Pack(e.frame) })
	return e.packed.frame
}

// joined returns all messages of the run in the form that sub gets; the
// compressed ones are joined when they are first needed.
func (l *log) joined(r *run, sub *Subscriber) []byte {
	if !r.packs || !sub.Packs {
		return r.frame
	}
	if r.packed == nil {
		r.packed = l.joinPacked(r, sub)
	}
	return r.packed
}

func (l *log) joinPacked(r *run, sub *Subscriber) []byte {
	var b []byte
	if r.n > 1 {
		b = l.space(r.size)
	}
	for i := l.group.from; i < l.group.to; i++ {
		e := &l.batch[i]
		if &e.ch.parts[l.shard.index] != r.part {
			continue
		}
		if r.n == 1 {
			return e.frameFor(sub)
		}
		b = append(b, e.frameFor(sub)...)
	}
	return b
}
