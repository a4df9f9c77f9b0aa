package plugin

import (
	"sync"
	"sync/atomic"
	"time"
)

// breakerWindow is the number of calls that a breaker looks back on.
const breakerWindow = 20

// breaker protects the callers of one kind from a slow backend: when half of
// the last 20 calls were late it opens, and calls fail at once but for one a
// second, which tries whether the backend is in time again.
type breaker struct {
	clock Clock
	// uncalm is false while no call in the window was late, which spares the lock.
	uncalm atomic.Bool

	mu    sync.Mutex
	late  [breakerWindow]bool
	next  int
	count int // late ones in the window
	open  bool
	probe time.Time // when the next probe may start
}

// pass is the leave to make a call.
type pass int

const (
	refused pass = iota // fail at once
	normal
	probing // the one call a second that an open breaker lets through
)

// allow says whether a call may be made now.
func (b *breaker) allow() pass {
	if !b.uncalm.Load() {
		return normal
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return normal
	}
	now := b.clock.Now()
	if now.Before(b.probe) {
		return refused
	}
	b.probe = now.Add(time.Second)
	return probing
}

// record notes how a call that was allowed ended, and reports whether that
// opened or closed the breaker. Only a probe closes an open one: calls that
// were already under way say nothing new.
func (b *breaker) record(p pass, late bool) (changed bool) {
	if !late && !b.uncalm.Load() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open {
		if p == probing && !late {
			b.clear()
			return true
		}
		return false
	}
	return b.note(late)
}

func (b *breaker) note(late bool) (opened bool) {
	if b.late[b.next] {
		b.count--
	}
	b.late[b.next] = late
	b.next = (b.next + 1) % breakerWindow
	if late {
		b.count++
	}
	b.uncalm.Store(b.count > 0)
	if b.count < breakerWindow/2 {
		return false
	}
	b.open, b.probe = true, b.clock.Now().Add(time.Second)
	return true
}

// reset closes the breaker: the plugin is a new one.
func (b *breaker) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
}

func (b *breaker) clear() {
	b.late, b.next, b.count, b.open = [breakerWindow]bool{}, 0, 0, false
	b.uncalm.Store(false)
}

func (b *breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}
