package hub

// gather collects for each subscriber what it gets from all runs.
func (l *log) gather() {
	g := &l.group
	for i := range g.runs {
		r := &g.runs[i]
		for j := range r.part.subs {
			l.add(r.part.subs[j], r)
		}
	}
	if g.woven > 0 {
		l.weave()
	}
}

// add has the subscriber get the messages of a run; those of further runs are only
// counted, for weave.
func (l *log) add(s slot, r *run) {
	sub, b := s.sub, l.joined(r, s.sub)
	if r.except && l.leavesOut(r, s) {
		b = l.without(r, s)
	}
	if sub.pending == nil {
		l.group.touched = append(l.group.touched, sub)
		sub.pending = b
		return
	}
	sub.more += len(b)
	l.group.woven += len(b)
}

// weave gives subscribers of several channels their messages in the order of the log.
func (l *log) weave() {
	g := &l.group
	for _, sub := range g.touched {
		if sub.more > 0 {
			sub.pending = l.space(len(sub.pending) + sub.more)
		}
	}
	for i := g.from; i < g.to; i++ {
		e := &l.batch[i]
		p := &e.ch.parts[l.shard.index]
		for _, s := range p.subs {
			if s.sub.more > 0 && !g.runs[p.run-1].spares(e, s) {
				s.sub.pending = append(s.sub.pending, e.frameFor(s.sub)...)
			}
		}
	}
	for _, sub := range g.touched {
		sub.more = 0
	}
}

// leavesOut reports whether a message of the run is not for s.
func (l *log) leavesOut(r *run, s slot) bool {
	for i := l.group.from; i < l.group.to; i++ {
		e := &l.batch[i]
		if r.spares(e, s) && &e.ch.parts[l.shard.index] == r.part {
			return true
		}
	}
	return false
}

// spares reports whether e, a message of the run, is not for s: somebody wished
// so, or s began with it.
func (r *run) spares(e *entry, s slot) bool {
	return e.except == s.sub.ID || e.id != 0 && e.id == r.first && e.id == s.m.cached
}

// without returns the messages of the run that are for s.
func (l *log) without(r *run, s slot) []byte {
	b := l.space(r.size)
	for i := l.group.from; i < l.group.to; i++ {
		e := &l.batch[i]
		if !r.spares(e, s) && &e.ch.parts[l.shard.index] == r.part {
			b = append(b, e.frameFor(s.sub)...)
		}
	}
	return b
}
