package main

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

// interest is one name in Redis that a line subscribes to, or is about to leave.
// It is guarded by the line's mutex; topic and state do not change.
type interest struct {
	topic contract.Topic
	state bool // the state topic of the cell

	wanted   bool
	asked    bool          // the last that was sent is a subscription
	entering int           // subscriptions not answered yet
	leaving  int           // the same, of those that end one
	initial  bool          // the connection began with it, and waits for it
	ready    chan struct{} // closed while messages arrive
	open     bool          // ready is closed
}

func newInterest(topic contract.Topic, state bool) *interest {
	return &interest{topic: topic, state: state, wanted: true, ready: make(chan struct{})}
}

// reset forgets what was sent over a connection that is gone.
func (i *interest) reset() {
	i.asked, i.entering, i.leaving, i.initial = false, 0, 0, false
	i.shut()
}

// sent notes a subscription with which a connection begins.
func (i *interest) sent() { i.asked, i.entering, i.initial = true, 1, true }

// arrive opens an interest that is subscribed; also one that was dropped and
// wanted again before Redis was told.
func (i *interest) arrive() {
	if i.wanted && i.asked && i.entering == 0 && !i.open {
		i.open = true
		close(i.ready)
	}
}

func (i *interest) shut() {
	if i.open {
		i.ready, i.open = make(chan struct{}), false
	}
}

// want subscribes to a name.
func (l *busLine) want(name string, topic contract.Topic) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.interests[name]
	if i == nil {
		i = newInterest(topic, false)
		l.interests[name] = i
	}
	i.wanted = true
	i.arrive()
	l.changeLocked(name)
}

// drop ends the interest in a name; from now on nothing of it is delivered.
func (l *busLine) drop(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.interests[name]
	if i == nil {
		return
	}
	i.wanted = false
	i.shut()
	l.tidyLocked(name, i)
	l.changeLocked(name)
}

func (l *busLine) changeLocked(name string) {
	if l.sub == nil {
		return // the next connection begins with what is wanted then
	}
	l.changed[name] = true
	l.kickLocked()
}

// await waits until messages of a wanted name arrive.
func (l *busLine) await(ctx context.Context, name string) error {
	l.mu.Lock()
	i := l.interests[name]
	if i == nil {
		l.mu.Unlock()
		return nil // somebody else unsubscribed
	}
	ready := i.ready
	l.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return l.whyNot(ctx.Err())
	}
}

// whyNot adds what is wrong with the connection, if something is.
func (l *busLine) whyNot(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault == nil {
		return err
	}
	return fmt.Errorf("%w: %w", err, l.fault)
}

// kickLocked starts the goroutine that sends changes, unless it runs.
func (l *busLine) kickLocked() {
	if !l.flushing && (len(l.changed) > 0 || l.ping) {
		l.flushing = l.s.spawn(l.flush)
	}
}

// flush sends changes until there are none. It is the only one that writes to a
// connection that is attached, and may be held up by it.
func (l *busLine) flush() {
	for {
		sub, enter, leave, ping := l.changes()
		if sub == nil {
			return
		}
		err := l.subscribe(l.s.life, sub, enter)
		if err == nil {
			err = l.unsubscribe(l.s.life, sub, leave)
		}
		if err == nil && ping {
			err = sub.Ping(l.s.life)
		}
		if err != nil {
			l.end(sub, err)
		}
	}
}

// changes takes what is to be sent, or ends the flushing.
func (l *busLine) changes() (sub *redis.PubSub, enter, leave []string, ping bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range l.changed {
		switch i := l.interests[name]; {
		case i == nil:
		case i.wanted == i.asked:
			l.tidyLocked(name, i)
		case i.wanted:
			i.asked = true
			i.entering++
			enter = append(enter, name)
		default:
			i.asked = false
			i.leaving++
			leave = append(leave, name)
		}
	}
	clear(l.changed)
	ping, l.ping = l.ping, false
	if l.sub == nil || len(enter)+len(leave) == 0 && !ping {
		l.flushing = false
		return nil, nil, nil, false
	}
	return l.sub, enter, leave, ping
}

// end hangs up a connection on which something could not be sent.
func (l *busLine) end(sub *redis.PubSub, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sub == sub {
		l.hangUp(err)
	}
}

// confirm takes Redis's answer to a subscription or its end. One that nobody
// asked for means that the connection is not what it was.
func (l *busLine) confirm(m *redis.Subscription) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = true
	i := l.interests[m.Channel]
	if i == nil {
		return nil
	}
	if m.Kind == "unsubscribe" || m.Kind == "sunsubscribe" {
		return l.leftLocked(m.Channel, i)
	}
	if i.entering == 0 {
		return errAnew
	}
	i.entering--
	i.arrive()
	if i.initial {
		i.initial = false
		l.arrivedLocked()
	}
	return nil
}

func (l *busLine) leftLocked(name string, i *interest) error {
	if i.leaving == 0 {
		return errMoved
	}
	i.leaving--
	l.tidyLocked(name, i)
	return nil
}

// tidyLocked forgets an interest about which nothing is to be done or to come.
func (l *busLine) tidyLocked(name string, i *interest) {
	if !i.wanted && !i.asked && i.entering == 0 && i.leaving == 0 {
		delete(l.interests, name)
	}
}

// arrivedLocked notes that one of the names with which the connection began is
// subscribed. With the last one, all that was missed is told as lost.
func (l *busLine) arrivedLocked() {
	l.missing--
	if l.missing > 0 {
		return
	}
	l.fault = nil
	l.s.bus.counts.connections.Add(1)
	if !l.renewed {
		l.renewed = true
		return
	}
	l.s.bus.counts.reconnected.Add(1)
	l.s.inbox.lost("the pub/sub connection was made anew", l.cells...)
	if l.s.away.Add(-1) == 0 {
		l.s.bus.logger.Info("All pub/sub connections are up again")
	}
}
