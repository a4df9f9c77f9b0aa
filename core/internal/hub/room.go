package hub

import (
	"slices"
	"time"
)

// waiter is a publisher for whose messages a log has no room.
type waiter struct {
	log  *log
	size int
	// ready is closed when there is room, which others may take first.
	ready chan struct{}
}

// pace is how fast the worker empties a log that does not run empty.
type pace struct {
	since timestamp // when the count began; 0: not yet
	freed int       // bytes since then
	rate  float64   // bytes per second; 0: not known
}

const (
	// paceOver is the least time over which a rate is taken.
	paceOver = 100 * time.Millisecond
	// burstPart is the part of LogAge during which a log takes a burst without
	// asking when it will be delivered.
	burstPart = 4
)

// note counts freed bytes.
func (p *pace) note(freed int, now timestamp) {
	if p.since == 0 {
		p.since = now
		return
	}
	p.freed += freed
	if passed := now - p.since; passed >= paceOver && p.freed > 0 {
		p.rate = float64(p.freed) / passed.Seconds()
		p.since, p.freed = now, 0
	}
}

// room is how many bytes more a log that is not empty takes. It is bounded by
// LogBytes, by the age of what waits, and after a burst by what can be delivered
// within LogAge: else a log that is filled faster than emptied would deliver
// many times later than that. shard.mu is held.
func (l *log) room(now timestamp) int {
	opts := &l.shard.hub.opts
	most := opts.LogBytes
	if l.oldest != 0 {
		age := now - l.oldest
		if age > opts.LogAge {
			return 0
		}
		if age > opts.LogAge/burstPart && l.pace.rate > 0 {
			most = min(most, int(l.pace.rate*opts.LogAge.Seconds()))
		}
	}
	return most - l.bytes
}

// full reports whether size bytes more do not fit. A log that is empty takes
// anything. shard.mu is held.
func (l *log) full(size int, now timestamp) bool {
	return l.bytes > 0 && size > l.room(now)
}

// wait puts a publisher of size bytes in the row of those that wait for room.
// shard.mu is held.
func (l *log) wait(size int) *waiter {
	w := &waiter{l, size, make(chan struct{})}
	l.waiting = append(l.waiting, w)
	return w
}

// giveUp takes the waiter out of its row.
func (w *waiter) giveUp() {
	l := w.log
	l.shard.mu.Lock()
	defer l.shard.mu.Unlock()
	if i := slices.Index(l.waiting, w); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
}

// admit wakes as many waiting publishers as there is room for, the first of an
// empty log in any case. shard.mu is held.
func (l *log) admit(now timestamp) {
	room := l.room(now)
	n := 0
	for n < len(l.waiting) && (l.waiting[n].size <= room || l.bytes == 0 && n == 0) {
		room -= l.waiting[n].size
		close(l.waiting[n].ready)
		n++
	}
	l.waiting = slices.Delete(l.waiting, 0, n)
}
