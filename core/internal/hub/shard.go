package hub

import (
	"runtime"
	"sync"
	"time"
)

// timestamp is monotonic time on the hub's clock.
type timestamp = time.Duration

// shard is a worker and the logs that it serves.
type shard struct {
	hub   *Hub
	index int

	mu      sync.Mutex
	wake    sync.Cond
	ready   []*log // logs with work, next first
	stopped bool

	// Only the worker touches these.
	chunks   [][]byte
	breath   *breath   // nil: none to be had
	breathed timestamp // when the last one ended
	rested   timestamp // how long it took
}

func newShard(h *Hub, index int) *shard {
	s := &shard{hub: h, index: index}
	s.wake.L = &s.mu
	return s
}

// run serves the logs in turn until stop.
func (s *shard) run() {
	if s.breath = newBreath(); s.breath != nil {
		defer s.breath.end()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for len(s.ready) == 0 && !s.stopped {
			s.wake.Wait()
		}
		if s.stopped {
			return
		}
		s.serve()
	}
}

// serve gives the first log in the row its turn. mu is held.
func (s *shard) serve() {
	l := s.ready[0]
	s.ready = s.ready[:copy(s.ready, s.ready[1:])]
	if l.done() {
		l.take(s)
	}
	others := len(s.ready) > 0
	s.mu.Unlock()
	more := l.turn()
	if more || others {
		s.giveWay()
	}
	s.mu.Lock()
	l.settle(s)
	if more || len(l.queue) > 0 {
		s.ready = append(s.ready, l)
	} else {
		l.queued = false
	}
}

// A worker works for busyFor without looking at the network, or for as long as
// others worked when it did, but not longer than busyMost: who publishes faster
// than can be delivered shall not keep the worker from delivering.
const (
	busyFor  = 500 * time.Microsecond
	busyMost = 2 * time.Millisecond
)

// giveWay lets readers and publishers have a turn as well.
func (s *shard) giveWay() {
	now := s.hub.opts.Now()
	if s.breath == nil || !s.tired(now) {
		runtime.Gosched()
		return
	}
	s.breath.take()
	s.breathed = s.hub.opts.Now()
	s.rested = s.breathed - now
}

func (s *shard) tired(now timestamp) bool {
	return now-s.breathed >= max(busyFor, min(s.rested, busyMost))
}

// append puts an entry in a log and wakes the worker. mu is held.
func (s *shard) append(l *log, e entry) {
	l.queue = append(l.queue, e)
	l.bytes += len(e.frame)
	if l.oldest == 0 {
		l.oldest = e.at
	}
	if l.queued {
		return
	}
	l.queued = true
	s.ready = append(s.ready, l)
	if len(s.ready) == 1 {
		s.wake.Signal()
	}
}

func (s *shard) stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.wake.Signal()
}

// chunkBytes is the size of the buffers that joined frames are copied into; a
// worker keeps at most keepChunks that nothing uses.
const (
	chunkBytes = joinBytes
	keepChunks = 16
)

// lend returns an empty buffer for at least size bytes. Worker only.
func (s *shard) lend(size int) []byte {
	if n := len(s.chunks); n > 0 && size <= chunkBytes {
		b := s.chunks[n-1]
		s.chunks = s.chunks[:n-1]
		return b
	}
	return make([]byte, 0, max(size, chunkBytes))
}

func (s *shard) giveBack(b []byte) {
	if len(s.chunks) < keepChunks && cap(b) == chunkBytes {
		s.chunks = append(s.chunks, b[:0])
	}
}

// lockShards locks all shards, or only one.
func (h *Hub) lockShards(all bool, one *shard) {
	if !all {
		one.mu.Lock()
		return
	}
	for _, s := range h.shards {
		s.mu.Lock()
	}
}

func (h *Hub) unlockShards(all bool, one *shard) {
	if !all {
		one.mu.Unlock()
		return
	}
	for _, s := range h.shards {
		s.mu.Unlock()
	}
}
