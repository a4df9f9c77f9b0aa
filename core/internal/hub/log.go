package hub

import (
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

type op uint8

const (
	opMessage   op = iota
	opJoin         // begins a subscription with frame as its acknowledgement
	opGatedJoin    // the same, but everything is held until opOpen
	opOpen         // opens the gate; frame is the cached event, id its id
	opLeave
	opDirect    // a frame for one subscriber
	opTerminate // all subscribers of the channel are closed
)

type entry struct {
	op     op
	to     int32 // subscribers of a message, on its last shard; 0 on others
	ch     *Channel
	m      *Membership
	sub    *Subscriber
	except pusher.SocketID
	id     uint64
	frame  []byte
	packed *packed // nil: there is no compressed form
	at     timestamp
}

// A turn of a log ends after about this much.
const (
	turnWrites = 32
	turnBytes  = 256 << 10
)

// log is what waits for the subscribers of one app on one shard.
type log struct {
	app      *App
	shard    *shard
	counters Counters

	// Guarded by shard.mu.
	queue  []entry
	queued bool      // in the row of the shard
	bytes  int       // frames of queue and of batch
	oldest timestamp // when the oldest entry was appended, 0: none
	pace   pace
	// waiting are the publishers that wait for room, first come first.
	waiting []*waiter

	// Only the worker touches these.
	batch []entry
	pos   int // first entry of batch that is neither delivered nor in group
	group group
	freed int // bytes of batch done since the last settle
}

// done reports whether the batch is delivered.
func (l *log) done() bool { return l.pos == len(l.batch) && l.group.idle() }

// take makes the queue the batch. shard.mu is held.
func (l *log) take(s *shard) {
	empty := l.batch[:0]
	if cap(empty) > keepEntries {
		empty = nil
	}
	l.batch, l.queue, l.pos = l.queue, empty, 0
}

// keepEntries is how large an emptied batch may be to be used again.
const keepEntries = 1024

// settle accounts for what a turn delivered and lets waiting publishers in.
// shard.mu is held.
func (l *log) settle(s *shard) {
	l.bytes -= l.freed
	l.oldest = l.first()
	if l.bytes == 0 {
		l.pace = pace{}
	} else {
		l.pace.note(l.freed, s.hub.opts.Now())
	}
	l.freed = 0
	if len(l.waiting) > 0 {
		l.admit(s.hub.opts.Now())
	}
}

func (l *log) first() timestamp {
	switch {
	case !l.group.idle():
		return l.batch[l.group.from].at
	case l.pos < len(l.batch):
		return l.batch[l.pos].at
	case len(l.queue) > 0:
		return l.queue[0].at
	default:
		return 0
	}
}

// turn works on the batch until it is done or a turn's worth was written, and
// reports whether there is more of it.
func (l *log) turn() bool {
	b := budget{writes: turnWrites, bytes: turnBytes}
	for b.left() {
		if l.group.idle() {
			if l.pos == len(l.batch) {
				break
			}
			if l.batch[l.pos].op != opMessage {
				l.control(&l.batch[l.pos], &b)
				continue
			}
			l.collect()
		}
		l.deliver(&b)
	}
	if l.counters != nil && b.frames > 0 {
		l.counters.Delivered(l.shard.index, b.frames, b.sent)
	}
	return !l.done()
}

// control carries out an entry that is no message.
func (l *log) control(e *entry, b *budget) {
	switch e.op {
	case opJoin:
		e.ch.parts[l.shard.index].add(slot{e.sub, e.m})
		e.sub.write(e.frame, b)
	case opGatedJoin:
		e.ch.parts[l.shard.index].shut(e.m, e.frame)
	case opOpen:
		e.ch.parts[l.shard.index].open(e.m, e.frame, e.id, b)
	case opLeave:
		e.ch.parts[l.shard.index].remove(e.m)
	case opDirect:
		e.sub.write(e.frame, b)
	case opTerminate:
		e.ch.parts[l.shard.index].terminate()
	}
	l.freed += len(e.frame)
	*e = entry{}
	l.pos++
}

func (p *part) add(s slot) {
	s.m.index = len(p.subs)
	p.subs = append(p.subs, s)
}

func (p *part) remove(m *Membership) {
	if m.gate != nil {
		p.unlist(m)
		return
	}
	if m.cached != 0 {
		p.fresh--
	}
	last := len(p.subs) - 1
	p.subs[m.index] = p.subs[last]
	p.subs[m.index].m.index = m.index
	p.subs[last] = slot{}
	p.subs = p.subs[:last]
	if cap(p.subs) > 64 && last < cap(p.subs)/4 {
		p.subs = append(make([]slot, 0, 2*last), p.subs...)
	}
}

// budget is what a turn may still spend, and what it did.
type budget struct {
	writes, bytes int
	frames, sent  int
}

func (b *budget) left() bool { return b.writes > 0 && b.bytes > 0 }

func (b *budget) spend(bytes, frames int) {
	b.writes--
	b.bytes -= bytes
	b.sent += bytes
	b.frames += frames
}

// lag tells the time from append to now for the entries of a finished group.
func (l *log) lag(entries []entry) {
	if l.counters == nil {
		return
	}
	now := l.shard.hub.opts.Now()
	for i := range entries {
		e := &entries[i]
		l.counters.Lag(l.shard.index, time.Duration(now-e.at))
		if e.to > 0 {
			l.counters.Broadcast(e.ch.kind, int(e.to), time.Duration(now-e.at))
		}
	}
}
