package apps

import (
	"sync"
	"time"
)

// absent remembers for a while which names the store does not have. It is
// bounded: when full, the oldest makes room. Long names are not remembered.
type absent struct {
	ttl time.Duration
	max int

	mu    sync.Mutex
	until map[string]time.Duration
	order []string // oldest first; a name that was removed is skipped
}

// maxAbsentName bounds what a remembered name costs.
const maxAbsentName = 128

func newAbsent(ttl time.Duration, max int) *absent {
	return &absent{ttl: ttl, max: max, until: map[string]time.Duration{}}
}

// has reports whether name was found absent within the ttl.
func (a *absent) has(name string, now time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	until, ok := a.until[name]
	return ok && now < until
}

// add remembers name.
func (a *absent) add(name string, now time.Duration) {
	if len(name) > maxAbsentName {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(now)
	if _, known := a.until[name]; !known {
		a.order = append(a.order, name)
	}
	a.until[name] = now + a.ttl
}

// expire drops what is over and, if the table is full, the oldest.
func (a *absent) expire(now time.Duration) {
	for len(a.order) > 0 {
		oldest := a.order[0]
		until, known := a.until[oldest]
		if known && now < until && len(a.order) < a.max {
			return
		}
		delete(a.until, oldest)
		a.order = a.order[1:]
	}
}

// remove forgets name, which exists now.
func (a *absent) remove(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.until, name)
}

// clear forgets all.
func (a *absent) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.until)
	a.order = nil
}
