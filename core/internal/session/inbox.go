package session

import (
	"sync"

	"github.com/jackfield/jackfield/core/internal/ws"
)

// A session may have this much in the inbox before its reader waits.
const (
	maxFrames = 32
	maxBytes  = 64 << 10
)

type itemKind uint8

const (
	itemFrame itemKind = iota
	itemOpen
	itemGone
	itemDo    // something seldom, see do
	itemMoved // a frame that its session handles when it goes on
)

// item is small because readers pass it on: what it takes of their stacks, every
// connection holds for its life.
type item struct {
	kind    itemKind
	session *Session
	frame   ws.Message
	size    int
	do      func()
}

// inbox is what has come in for the sessions of one shard.
type inbox struct {
	server *Server

	mu      sync.Mutex
	wake    sync.Cond
	items   []item
	stopped bool

	// Only the worker touches these.
	wheel wheel
}

func newInbox(s *Server) *inbox {
	in := &inbox{server: s}
	in.wake.L = &in.mu
	return in
}

func (in *inbox) post(it item) {
	in.mu.Lock()
	in.put(it)
	in.mu.Unlock()
}

// do has the worker call f after all that has come in before.
func (in *inbox) do(f func()) { in.post(item{kind: itemDo, do: f}) }

// ask has the worker send its sessions to lists, which has room for them.
func (in *inbox) ask(lists chan<- []*Session) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.stopped {
		lists <- nil
		return
	}
	in.put(item{kind: itemDo, do: func() {
		var all []*Session
		in.wheel.each(func(s *Session) { all = append(all, s) })
		lists <- all
	}})
}

// put adds an item and wakes the worker. mu is held.
func (in *inbox) put(it item) {
	in.items = append(in.items, it)
	if len(in.items) == 1 {
		in.wake.Signal()
	}
}

// push adds a frame and, if its session has too much here, waits until the
// worker has caught up.
func (in *inbox) push(s *Session, m ws.Message) {
	size := len(m.Bytes())
	in.mu.Lock()
	s.queued.frames++
	s.queued.bytes += size
	in.put(item{kind: itemFrame, session: s, frame: m, size: size})
	var gate chan struct{}
	if s.queued.frames >= maxFrames || s.queued.bytes >= maxBytes {
		gate = make(chan struct{})
		s.queued.gate = gate
	}
	in.mu.Unlock()
	if gate != nil {
		<-gate
	}
}

// queued is what of a session stands in the inbox; guarded by inbox.mu.
type queued struct {
	frames int
	bytes  int
	gate   chan struct{} // closed when the reader may go on
}

// run handles items in order until stop.
func (in *inbox) run() {
	var batch []item
	for {
		in.mu.Lock()
		in.release(batch)
		for len(in.items) == 0 && !in.stopped {
			in.wake.Wait()
		}
		if in.stopped && len(in.items) == 0 {
			in.mu.Unlock()
			return
		}
		clear(batch)
		if cap(batch) > keepItems {
			batch = nil
		}
		batch, in.items = in.items, batch[:0]
		in.mu.Unlock()
		for i := range batch {
			in.handle(&batch[i])
		}
	}
}

// keepItems is how large an emptied batch may be to be used again.
const keepItems = 4096

// release takes the handled frames off the accounts of their sessions and lets
// waiting readers go on. mu is held.
func (in *inbox) release(batch []item) {
	for i := range batch {
		if batch[i].kind == itemFrame {
			batch[i].session.queued.release(batch[i].size)
		}
	}
}

func (q *queued) release(size int) {
	q.frames--
	q.bytes -= size
	if q.gate != nil && q.frames < maxFrames && q.bytes < maxBytes {
		close(q.gate)
		q.gate = nil
	}
}

// resume calls f, which ends the pause of a session, and handles what came for
// it meanwhile, until it pauses again.
func (in *inbox) resume(s *Session, f func()) {
	in.do(func() {
		f()
		in.goOn(s)
	})
}

func (in *inbox) goOn(s *Session) {
	for len(s.later) > 0 && !s.pauses() {
		it := s.later[0]
		s.handle(it.frame)
		if s.again {
			s.again = false
			return
		}
		s.later = s.later[1:]
		it.frame.Close()
		in.mu.Lock()
		s.queued.release(it.size)
		in.mu.Unlock()
	}
	if len(s.later) == 0 {
		s.later = nil
	}
}

func (in *inbox) handle(it *item) {
	switch it.kind {
	case itemFrame:
		if it.session.pauses() {
			it.session.later = append(it.session.later, *it)
			it.kind = itemMoved
			return
		}
		it.session.handle(it.frame)
		if it.session.again {
			it.session.again = false
			it.session.later = append(it.session.later, *it)
			it.kind = itemMoved
			return
		}
		it.frame.Close()
	case itemOpen:
		in.wheel.add(it.session, it.session.firstCheck())
	case itemGone:
		in.wheel.remove(it.session)
		it.session.end()
	case itemDo:
		it.do()
	}
}

func (in *inbox) stop() {
	in.mu.Lock()
	in.stopped = true
	in.mu.Unlock()
	in.wake.Signal()
}
