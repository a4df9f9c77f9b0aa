package adapter

import (
	"context"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// What waits for the driver is at most outboxBytes; a message that waited for
// outboxAge, because the driver or its backend was away, is not sent any more.
const (
	outboxBytes = 16 << 20
	outboxAge   = 5 * time.Second
	sendCount   = 256 // messages of one call
	sendBytes   = 1 << 20
	outOverhead = 128 // what a message counts for beside its frame
	maxStreams  = 100_000
)

// outbox holds messages on their way to the other nodes, in order.
type outbox struct {
	now    func() time.Duration
	counts *counters
	wake   chan struct{}

	mu      sync.Mutex
	queue   []outgoing
	bytes   int
	streams map[contract.Topic]*stream
	made    uint64 // streams
	closed  bool
	idle    chan struct{} // closed when the queue is empty; nil: nobody waits for that
}

type outgoing struct {
	topic contract.Topic
	envelope
	at time.Duration
}

func (m *outgoing) size() int { return outOverhead + len(m.frame) }

// stream numbers the messages of a topic.
type stream struct{ id, n uint64 }

func newOutbox(now func() time.Duration, counts *counters) *outbox {
	return &outbox{now: now, counts: counts, wake: make(chan struct{}, 1), streams: map[contract.Topic]*stream{}}
}

// add puts a message behind the others. What finds no room pushes the oldest out.
func (o *outbox) add(topic contract.Topic, e envelope) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	s := o.streams[topic]
	if s == nil {
		if len(o.streams) >= maxStreams {
			clear(o.streams) // the receivers see new streams
		}
		o.made++
		s = &stream{id: o.made}
		o.streams[topic] = s
	}
	s.n++
	e.stream, e.n = s.id, s.n
	m := outgoing{topic, e, o.now()}
	o.queue = append(o.queue, m)
	o.bytes += m.size()
	for o.bytes > outboxBytes && len(o.queue) > 1 {
		o.counts.lost[lostFull].Add(1)
		o.shift(1)
	}
	poke(o.wake)
}

// shift takes out the first n. mu is held.
func (o *outbox) shift(n int) {
	for i := range n {
		o.bytes -= o.queue[i].size()
		o.queue[i] = outgoing{}
	}
	o.queue = o.queue[n:]
	if len(o.queue) == 0 {
		o.queue = nil
		if o.idle != nil {
			close(o.idle)
			o.idle = nil
		}
	}
}

// batch returns the next messages as the driver takes them; they stay until sent.
func (o *outbox) batch(sender string) ([]contract.BusMessage, []outgoing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	old := 0
	for old < len(o.queue) && o.now()-o.queue[old].at > outboxAge {
		old++
	}
	if old > 0 {
		o.counts.lost[lostOld].Add(uint64(old))
		o.shift(old)
	}
	var msgs []contract.BusMessage
	bytes := 0
	for i := range o.queue[:min(len(o.queue), sendCount)] {
		m := &o.queue[i]
		if bytes += m.size(); bytes > sendBytes && i > 0 {
			break
		}
		m.incarnation = sender
		msgs = append(msgs, contract.BusMessage{Topic: m.topic, Body: m.append(make([]byte, 0, m.size()+len(sender)))})
	}
	return msgs, o.queue[:len(msgs):len(msgs)]
}

// sent takes out what batch has returned, unless it was pushed out meanwhile.
func (o *outbox) sent(batch []outgoing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	last := &batch[len(batch)-1]
	n := 0
	for i := range o.queue[:min(len(o.queue), len(batch))] {
		if o.queue[i].topic == last.topic && o.queue[i].stream == last.stream && o.queue[i].n == last.n {
			n = i + 1
		}
	}
	o.shift(n)
}

// drain waits until nothing waits, or ctx ends.
func (o *outbox) drain(ctx context.Context) {
	o.mu.Lock()
	if len(o.queue) == 0 {
		o.mu.Unlock()
		return
	}
	if o.idle == nil {
		o.idle = make(chan struct{})
	}
	idle := o.idle
	o.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

func (o *outbox) held() (messages, bytes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue), o.bytes
}

// sendMessages hands the messages to the driver until the node stops. What
// failed is sent again; whoever gets it twice knows by its number.
func (n *Node) sendMessages() {
	for n.ctx.Err() == nil {
		msgs, batch := n.out.batch(n.sender)
		if len(msgs) == 0 {
			n.wait(n.out.wake, nil, 0)
			continue
		}
		s, _, _, changed := n.links.current()
		if s != nil {
			ctx, cancel := context.WithTimeout(n.ctx, callTimeout)
			err := s.Publish(ctx, msgs)
			cancel()
			if err == nil {
				n.counts.sent.Add(uint64(len(msgs)))
				n.out.sent(batch)
				continue
			}
			n.counts.failed.Add(1)
		}
		n.wait(nil, changed, n.now()+retryTime)
	}
}
