package adapter

import (
	"context"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// topics are the streams of messages that this node wants to hear.
type topics struct {
	now   func() time.Duration
	work  chan struct{} // holds a token when there may be something to call
	watch chan struct{} // the same for those who wait

	mu      sync.Mutex
	wanted  map[contract.Topic]*wanted
	enter   []contract.Topic // to be subscribed to
	waiting []contract.Topic // somebody waits for them, in order
	left    []contract.Topic // to be left, in order
	serial  uint64           // of the session to which enter belongs
}

// wanted is one topic.
type wanted struct {
	ready func() // nil: nobody waits
	since time.Duration
	left  time.Duration // when it was left, 0: it is wanted
}

const (
	// stayTime is how long a topic that was left is heard on, for those who come
	// back soon.
	stayTime = time.Second
	// topicBatch is how many topics are subscribed to in one call.
	topicBatch = 500
)

// appTopic is that of changes of apps; every node hears it.
var appTopic = contract.Topic{Name: "apps"}

// topicOf is the topic of a channel.
func topicOf(app, channel string) contract.Topic {
	return contract.Topic{Cell: cellOf(app, channel), Name: "c/" + app + "/" + channel}
}

func newTopics(now func() time.Duration) *topics {
	t := &topics{now: now, work: make(chan struct{}, 1), watch: make(chan struct{}, 1), wanted: map[contract.Topic]*wanted{}}
	t.want(appTopic, nil)
	return t
}

// want begins to hear a topic. ready is called when its messages arrive, or
// nobody is to wait any longer.
func (t *topics) want(topic contract.Topic, ready func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.wanted[topic]
	if w == nil {
		w = &wanted{}
		t.wanted[topic] = w
	}
	w.ready, w.since, w.left = ready, t.now(), 0
	t.enter = append(t.enter, topic)
	poke(t.work)
	if ready != nil {
		t.waiting = append(t.waiting, topic)
		poke(t.watch)
	}
}

// leave ends that, a little later.
func (t *topics) leave(topic contract.Topic) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w := t.wanted[topic]; w != nil {
		w.ready, w.left = nil, t.now()
		t.left = append(t.left, topic)
		poke(t.work)
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// next returns what is to be subscribed to in a session, what is to be left, and
// when there may be more to leave, 0: never.
func (t *topics) next(serial uint64) (enter, left []contract.Topic, due time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if serial != t.serial {
		t.serial, t.enter = serial, nil
		for topic := range t.wanted {
			t.enter = append(t.enter, topic)
		}
	}
	for len(t.left) > 0 {
		topic := t.left[0]
		if w := t.wanted[topic]; w != nil && w.left != 0 {
			if due = w.left + stayTime; due > t.now() {
				break
			}
			left = append(left, topic)
			delete(t.wanted, topic)
		}
		t.left, due = t.left[1:], 0
	}
	return t.enter[:min(len(t.enter), topicBatch)], left, due
}

// entered notes that the first topics of enter are heard in a session, and
// returns whom to tell.
func (t *topics) entered(topics []contract.Topic, serial uint64) (ready []func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, topic := range topics {
		if w := t.wanted[topic]; w != nil && w.ready != nil {
			ready = append(ready, w.ready)
			w.ready = nil
		}
	}
	if serial == t.serial {
		t.enter = t.enter[len(topics):]
	}
	return ready
}

// impatient returns who has waited long enough, or all while the others are out
// of reach, and when the next one has, 0: nobody waits.
func (t *topics) impatient(away bool) (ready []func(), due time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.waiting) > 0 {
		w := t.wanted[t.waiting[0]]
		if w != nil && w.ready != nil {
			if due = w.since + readyWait; due > t.now() && !away {
				return ready, due
			}
			ready = append(ready, w.ready)
			w.ready = nil
		}
		t.waiting = t.waiting[1:]
	}
	t.waiting = nil
	return ready, 0
}

// wants reports whether a topic is heard, or was left only just now.
func (t *topics) wants(topic contract.Topic) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wanted[topic] != nil
}

func (t *topics) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.wanted)
}

// followTopics subscribes and unsubscribes until the node stops.
func (n *Node) followTopics() {
	for n.ctx.Err() == nil {
		s, serial, _, changed := n.links.current()
		if s == nil {
			n.wait(nil, changed, 0)
			continue
		}
		enter, left, due := n.topics.next(serial)
		if len(enter)+len(left) == 0 {
			n.wait(n.topics.work, changed, due)
			continue
		}
		if n.callTopics(s, enter, left) != nil {
			n.wait(nil, changed, n.now()+retryTime)
			continue
		}
		for _, ready := range n.topics.entered(enter, serial) {
			ready()
		}
	}
}

func (n *Node) callTopics(s contract.AdapterSession, enter, left []contract.Topic) error {
	ctx, cancel := context.WithTimeout(n.ctx, callTimeout)
	defer cancel()
	if len(left) > 0 {
		n.heard.forget(left)
		_ = s.Unsubscribe(ctx, left) // what still comes finds nobody
	}
	if len(enter) == 0 {
		return nil
	}
	return s.Subscribe(ctx, enter)
}

// easeWaiting ends the waiting of those who have waited long enough.
func (n *Node) easeWaiting() {
	for n.ctx.Err() == nil {
		ready, due := n.topics.impatient(n.Fault() != nil)
		for _, f := range ready {
			f()
		}
		n.wait(n.topics.watch, nil, due)
	}
}

// wait waits for a token, a change, a time (0: none), or the end of the node.
func (n *Node) wait(token, changed <-chan struct{}, due time.Duration) {
	var alarm <-chan time.Time
	if due != 0 {
		timer := time.NewTimer(due - n.now())
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-token:
	case <-changed:
	case <-alarm:
	case <-n.ctx.Done():
	}
}
