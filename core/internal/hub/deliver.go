package hub

import "github.com/jackfield/jackfield/core/internal/frame"

// A group is joined from at most this much.
const (
	joinEntries = 256
	joinBytes   = 64 << 10
	joinCopies  = 1 << 20 // bytes times subscribers, unless it is one channel
)

// group is a stretch of messages in a batch that is being delivered: one run
// per channel, one write per connection.
type group struct {
	from, to int // entries of the batch; equal when there is no group
	runs     []run
	at       int // next subscriber of the only run, or next of touched
	touched  []*Subscriber
	woven    int      // bytes to be woven
	chunks   [][]byte // what joined frames are copied into; the last has room
}

// run is the messages of one channel in a group.
type run struct {
	part   *part
	frame  []byte // all messages, joined
	n      int    // messages
	size   int
	except bool   // some messages leave somebody out
	packs  bool   // some messages have a compressed form
	packed []byte // like frame, compressed; nil until it is needed
	first  uint64 // id of the first message that has one
}

func (g *group) idle() bool { return g.from == g.to }

// collect forms the next group from the messages at pos.
func (l *log) collect() {
	g := &l.group
	g.from, g.to, g.at = l.pos, l.pos, 0
	size, copies := 0, 0
	for ; g.to < len(l.batch) && g.to-g.from < joinEntries; g.to++ {
		e := &l.batch[g.to]
		if e.op != opMessage {
			break
		}
		p := &e.ch.parts[l.shard.index]
		if p.gateFull(e) {
			if g.to > g.from {
				break
			}
			p.openFull(e)
		}
		size += len(e.frame)
		copies += len(e.frame) * len(p.subs)
		alone := len(g.runs) == 0 || len(g.runs) == 1 && p.run == 1
		if g.to > g.from && (size > joinBytes || copies > joinCopies && !alone) {
			break
		}
		g.note(p, e)
	}
	l.pos = g.to
	l.join()
}

// note adds a message to the run of its channel.
func (g *group) note(p *part, e *entry) {
	if p.run == 0 {
		g.runs = append(g.runs, run{part: p})
		p.run = len(g.runs)
	}
	r := &g.runs[p.run-1]
	r.n++
	r.size += len(e.frame)
	r.frame = e.frame
	r.except = r.except || !e.except.IsZero()
	r.packs = r.packs || e.packed != nil
	if e.id != 0 && r.first == 0 {
		r.first = e.id
		r.except = r.except || p.fresh > 0
	}
	if len(p.gated) > 0 {
		p.hold(e)
	}
}

// join makes one buffer per run of several messages, and the list of
// subscribers if there is more than one run.
func (l *log) join() {
	g := &l.group
	for i := range g.runs {
		if r := &g.runs[i]; r.n > 1 {
			r.frame = l.space(r.size)
		}
	}
	for i := g.from; i < g.to; i++ {
		e := &l.batch[i]
		if r := &g.runs[e.ch.parts[l.shard.index].run-1]; r.n > 1 {
			r.frame = append(r.frame, e.frame...)
		}
	}
	if len(g.runs) > 1 {
		l.gather()
	}
	for i := range g.runs {
		g.runs[i].part.run = 0
	}
}

// space returns an empty slice for size bytes that lives as long as the group.
func (l *log) space(size int) []byte {
	g := &l.group
	last := len(g.chunks) - 1
	if last < 0 || cap(g.chunks[last])-len(g.chunks[last]) < size {
		g.chunks = append(g.chunks, l.shard.lend(size))
		last++
	}
	used := len(g.chunks[last])
	g.chunks[last] = g.chunks[last][:used+size]
	return g.chunks[last][used : used : used+size]
}

// deliver writes the group to subscribers until it or the budget is used up.
func (l *log) deliver(b *budget) {
	g := &l.group
	if len(g.runs) == 1 {
		l.deliverRun(&g.runs[0], b)
		if g.at < len(g.runs[0].part.subs) {
			return
		}
	} else {
		l.deliverTouched(b)
		if g.at < len(g.touched) {
			return
		}
	}
	l.finish()
}

// deliverRun writes the only run of the group.
func (l *log) deliverRun(r *run, b *budget) {
	g := &l.group
	subs := r.part.subs
	for ; g.at < len(subs) && b.left(); g.at++ {
		s := subs[g.at]
		if r.except && l.leavesOut(r, s) {
			l.sendRest(r, s, b)
			continue
		}
		f := l.joined(r, s.sub)
		s.sub.sink.Send(f)
		b.spend(len(f), r.n)
	}
}

// sendRest writes what of the run is for a subscriber that some of it leaves out.
func (l *log) sendRest(r *run, s slot, b *budget) {
	rest := l.without(r, s)
	if len(rest) > 0 {
		s.sub.sink.Send(rest)
		b.spend(len(rest), int(frame.Count(rest)))
	}
}

// deliverTouched writes to each subscriber what gather collected for it.
func (l *log) deliverTouched(b *budget) {
	g := &l.group
	for ; g.at < len(g.touched) && b.left(); g.at++ {
		sub := g.touched[g.at]
		if len(sub.pending) > 0 {
			sub.sink.Send(sub.pending)
			b.spend(len(sub.pending), int(frame.Count(sub.pending)))
		}
		sub.pending = nil
		g.touched[g.at] = nil
	}
}

// finish lets go of what the group held.
func (l *log) finish() {
	g := &l.group
	done := l.batch[g.from:g.to]
	l.lag(done)
	for i := range done {
		l.freed += len(done[i].frame)
	}
	clear(done)
	for i := range g.runs {
		if r := &g.runs[i]; r.first != 0 && r.part.fresh > 0 {
			r.part.forgetCached()
		}
	}
	for _, c := range g.chunks {
		l.shard.giveBack(c)
	}
	clear(g.chunks)
	clear(g.runs)
	g.runs, g.touched, g.chunks = g.runs[:0], g.touched[:0], g.chunks[:0]
	g.from, g.to, g.woven = 0, 0, 0
}
