package wire

import (
	"context"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// maxEventBytes bounds the events that wait for a session's Receive.
const maxEventBytes = 4 << 20

// eventBuffer keeps events until they are taken. When it is full, events are
// dropped until it was emptied, and a Lost event stands in their place.
type eventBuffer struct {
	mu     sync.Mutex
	events []contract.AdapterEvent
	bytes  int
	losing bool
	err    error
	news   chan struct{}
}

func newEventBuffer() *eventBuffer { return &eventBuffer{news: make(chan struct{}, 1)} }

func (b *eventBuffer) add(events []*pb.SessionEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range events {
		if b.losing {
			break
		}
		size := proto.Size(p)
		if b.bytes > 0 && b.bytes+size > maxEventBytes {
			b.losing = true
			b.events = append(b.events, contract.AdapterEvent{Lost: &contract.Lost{Reason: "the node did not keep up with events"}})
			break
		}
		if e, ok := fromEvent(p); ok {
			b.events = append(b.events, e)
			b.bytes += size
		}
	}
	b.signal()
}

// end makes take return err once the events are used up; the first err counts.
func (b *eventBuffer) end(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = err
	}
	b.signal()
}

func (b *eventBuffer) signal() {
	select {
	case b.news <- struct{}{}:
	default:
	}
}

// take waits for events and returns all there are.
func (b *eventBuffer) take(ctx context.Context) ([]contract.AdapterEvent, error) {
	for {
		if events, err := b.poll(); events != nil || err != nil {
			return events, err
		}
		select {
		case <-b.news:
		case <-ctx.Done():
			return nil, fromContext(ctx)
		}
	}
}

func (b *eventBuffer) poll() ([]contract.AdapterEvent, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	events := b.events
	if len(events) == 0 {
		return nil, b.err
	}
	b.events, b.bytes, b.losing = nil, 0, false
	return events, nil
}
