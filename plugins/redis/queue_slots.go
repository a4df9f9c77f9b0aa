package main

import (
	"maps"
	"sync"
	"time"
)

// workSlots bound the jobs that are out with the consumers of this process. A
// slot is free again when its job is settled or its lease has ended.
type workSlots struct {
	mu    sync.Mutex
	most  int
	asked int                 // reserved for jobs that may come
	held  map[string]heldSlot // by receipt
	freed chan struct{}       // closed when a slot becomes free; nil if nobody waits
}

type heldSlot struct {
	owner *claims
	end   time.Time // of the lease
}

func newWorkSlots(most int) *workSlots {
	return &workSlots{most: most, held: make(map[string]heldSlot)}
}

// reserve takes up to n slots. If there is none it returns what to wait for, and
// when the next lease ends (zero: no job is out).
func (w *workSlots) reserve(n int, now time.Time) (got int, freed <-chan struct{}, next time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for receipt, h := range w.held {
		if !h.end.After(now) {
			delete(w.held, receipt)
		} else if next.IsZero() || h.end.Before(next) {
			next = h.end
		}
	}
	if got = min(n, w.most-w.asked-len(w.held)); got > 0 {
		w.asked += got
		return got, nil, next
	}
	if w.freed == nil {
		w.freed = make(chan struct{})
	}
	return 0, w.freed, next
}

// giveBack returns n reserved slots.
func (w *workSlots) giveBack(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked -= n
	w.tellLocked()
}

// hold notes that a job is out until end, or until another end than before.
func (w *workSlots) hold(receipt string, owner *claims, end time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held[receipt] = heldSlot{owner, end}
}

// leave frees all slots of a consumer that has gone.
func (w *workSlots) leave(owner *claims) {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.held, func(_ string, h heldSlot) bool { return h.owner == owner })
	w.tellLocked()
}

// settle frees the slot of a job, if it has one.
func (w *workSlots) settle(receipt string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.held, receipt)
	w.tellLocked()
}

func (w *workSlots) tellLocked() {
	if w.freed != nil {
		close(w.freed)
		w.freed = nil
	}
}
