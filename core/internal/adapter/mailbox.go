package adapter

import (
	"sync"
	"time"
)

// input is something that happened, for the machine.
type input func(now time.Duration)

// mailbox holds inputs until the driving goroutine takes them. It has no bound
// of its own: what comes in is bounded where it comes from, by one for each call
// that is under way, each subscription that is wanted, and by what the driver's
// events may occupy.
type mailbox struct {
	mu     sync.Mutex
	inputs []input
	closed bool
	wake   chan struct{} // holds a token when there may be something
}

func newMailbox() mailbox { return mailbox{wake: make(chan struct{}, 1)} }

// post adds inputs, in order; false if nobody takes them any more.
func (m *mailbox) post(inputs ...input) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.inputs = append(m.inputs, inputs...)
	poke(m.wake)
	return true
}

// take returns all inputs, and whether more will come.
func (m *mailbox) take() ([]input, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	inputs := m.inputs
	m.inputs = nil
	return inputs, !m.closed
}

func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	poke(m.wake)
}
