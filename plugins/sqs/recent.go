package main

import (
	"sync"
	"time"
)

const (
	// window is how long an id counts, as SQS has it for FIFO queues.
	window = 5 * time.Minute
	// mostIDs bounds what is remembered; beyond it the older half goes.
	mostIDs = 1 << 18
)

// recentIDs remembers ids for the window, in bounded number. Not safe for concurrent use.
type recentIDs struct {
	young, old map[string]time.Time
	since      time.Time // when young was begun
}

func (r *recentIDs) add(id string, now time.Time) {
	if len(r.young) >= mostIDs/2 || now.Sub(r.since) > window {
		r.young, r.old, r.since = nil, r.young, now
	}
	if r.young == nil {
		r.young = map[string]time.Time{}
	}
	r.young[id] = now
}

func (r *recentIDs) has(id string, now time.Time) bool {
	at, ok := r.young[id]
	if !ok {
		at, ok = r.old[id]
	}
	return ok && now.Sub(at) < window
}

// claims lets one caller at a time store a job, and none that was stored within
// the window. Standard queues do not know ids.
type claims struct {
	mu      sync.Mutex
	stored  recentIDs
	pending map[string]chan struct{} // closed when its caller has an answer
}

// claim returns true if the caller is to store the job and call settle. False:
// it is stored, or another call is about to, which closes busy when it knows.
func (c *claims) claim(id string) (mine bool, busy <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stored.has(id, time.Now()) {
		return false, nil
	}
	if other, taken := c.pending[id]; taken {
		return false, other
	}
	if c.pending == nil {
		c.pending = map[string]chan struct{}{}
	}
	c.pending[id] = make(chan struct{})
	return true, nil
}

// settle tells whether a claimed job was stored.
func (c *claims) settle(id string, stored bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stored {
		c.stored.add(id, time.Now())
	}
	close(c.pending[id])
	delete(c.pending, id)
}
