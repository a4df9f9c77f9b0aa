package main

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Bounds of a session's inbox: what comes above is lost, and told.
const (
	busInboxEvents = 1 << 16
	busInboxBytes  = 16 << 20
)

// busInbox holds events until the session's Receive takes them. Its methods may
// be called at the same time.
type busInbox struct {
	mu     sync.Mutex
	events []contract.AdapterEvent
	bytes  int
	closed bool
	news   chan struct{} // holds one token when events came
	losses *atomic.Uint64
}

// newBusInbox returns an empty inbox that counts losses.
func newBusInbox(losses *atomic.Uint64) *busInbox {
	return &busInbox{news: make(chan struct{}, 1), losses: losses}
}

// add puts an event of about size bytes behind the others.
func (b *busInbox) add(size int, e contract.AdapterEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	if len(b.events) >= busInboxEvents || b.bytes+size > busInboxBytes && b.bytes > 0 {
		b.events, b.bytes = nil, 0
		e, size = contract.AdapterEvent{Lost: &contract.Lost{Reason: "the inbox was full"}}, 0
		b.losses.Add(1)
	}
	b.events = append(b.events, e)
	b.bytes += size
	b.signal()
}

// lost tells of a loss in cells. It joins one that was told last for the same reason.
func (b *busInbox) lost(reason string, cells ...uint32) {
	b.mu.Lock()
	if n := len(b.events); n > 0 && b.events[n-1].Lost != nil && b.events[n-1].Lost.Reason == reason {
		l := b.events[n-1].Lost
		joined := slices.Concat(l.Cells, cells)
		slices.Sort(joined)
		b.events[n-1].Lost = &contract.Lost{Cells: slices.Compact(joined), Reason: reason}
		b.losses.Add(1)
		b.mu.Unlock()
		return
	}
	b.losses.Add(1)
	b.mu.Unlock()
	b.add(0, contract.AdapterEvent{Lost: &contract.Lost{Cells: cells, Reason: reason}})
}

func (b *busInbox) signal() {
	select {
	case b.news <- struct{}{}:
	default:
	}
}

// close drops what is there; take then returns ErrClosed.
func (b *busInbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.events, b.bytes = true, nil, 0
	b.signal()
}

// take waits for events and returns all there are.
func (b *busInbox) take(ctx context.Context) ([]contract.AdapterEvent, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if events, err := b.poll(); len(events) > 0 || err != nil {
			return events, err
		}
		select {
		case <-ctx.Done():
		case <-b.news:
		}
	}
}

func (b *busInbox) poll() ([]contract.AdapterEvent, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		b.signal() // for another one who waits
		return nil, contract.ErrClosed
	}
	events := b.events
	b.events, b.bytes = nil, 0
	return events, nil
}
