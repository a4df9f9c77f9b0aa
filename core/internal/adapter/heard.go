package adapter

import (
	"sync"

	"github.com/jackfield/jackfield/sdk/contract"
)

// heard remembers how far the messages of each sender have come in each topic,
// to drop doubles and to count what was lost.
type heard struct {
	counts *counters
	wants  func(contract.Topic) bool // whether a topic is to be remembered

	mu     sync.Mutex
	topics map[contract.Topic]map[string]stream
}

// maxSenders bounds the senders of a topic that are remembered: nodes that are
// there, and some that were.
const maxSenders = 64

func newHeard(counts *counters, wants func(contract.Topic) bool) *heard {
	return &heard{counts: counts, wants: wants, topics: map[contract.Topic]map[string]stream{}}
}

// fresh notes a message and reports whether it was not heard before.
func (h *heard) fresh(topic contract.Topic, e *envelope) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	senders := h.topics[topic]
	if senders == nil {
		if !h.wants(topic) {
			return true // it was left, and messages still come
		}
		senders = map[string]stream{}
		h.topics[topic] = senders
	}
	last, known := senders[e.incarnation]
	if known && last.id == e.stream {
		if e.n <= last.n {
			h.counts.doubles.Add(1)
			return false
		}
		h.counts.lost[lostGap].Add(e.n - last.n - 1)
	}
	if !known && len(senders) >= maxSenders {
		clear(senders)
	}
	senders[e.incarnation] = stream{e.stream, e.n}
	return true
}

// forget drops what is known of a topic that is heard no more.
func (h *heard) forget(topics []contract.Topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range topics {
		delete(h.topics, t)
	}
}
