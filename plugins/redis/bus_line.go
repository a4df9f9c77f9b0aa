package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

// mostLinePause is the longest wait before a pub/sub connection is tried again.
const mostLinePause = 400 * time.Millisecond

var (
	errMoved  = errors.New("the server ended a subscription: its slot has moved")
	errSilent = errors.New("the server gave no sign of life")
	errAnew   = errors.New("the connection was made anew")
)

// busLine is the pub/sub connection of some cells: of all on one server, of one
// on a cluster, where two slots on one connection do not survive a reconnect. It
// is made again whenever it breaks, with all that is wanted; then a loss is told.
type busLine struct {
	s     *busSession
	cells []uint32

	mu        sync.Mutex
	interests map[string]*interest // by the name in Redis
	changed   map[string]bool      // what to subscribe or unsubscribe
	flushing  bool
	sub       *redis.PubSub // nil between two connections
	fault     error         // why the last one ended, until another one is complete
	hangUp    context.CancelCauseFunc
	missing   int  // of the interests at the beginning of this connection, not confirmed yet
	renewed   bool // this is not the first connection
	heard     bool // since the last look
	asked     bool // a sign of life is waited for
	ping      bool // and not asked for yet
}

// newBusLine returns a line that wants the state topics of its cells.
func newBusLine(s *busSession, cells []uint32) *busLine {
	l := &busLine{s: s, cells: cells, interests: map[string]*interest{}, changed: map[string]bool{}}
	for _, n := range cells {
		l.interests[s.keys.state(n)] = newInterest(contract.Topic{Cell: n}, true)
	}
	return l
}

// run keeps a connection until the session ends.
func (l *busLine) run() {
	pause := firstPause
	for l.s.life.Err() == nil {
		up := time.Now()
		err := l.connect()
		l.broke(err)
		if time.Since(up) > mostLinePause {
			pause = firstPause
		}
		l.s.bus.subscriptions.retrying(l.s.life, 0)
		sleep(l.s.life, pause)
		pause = min(2*pause, mostLinePause)
	}
}

// connect makes a connection and serves it until it breaks.
func (l *busLine) connect() error {
	ctx, hangUp := context.WithCancelCause(l.s.life)
	sub := l.s.bus.newPubSub(ctx)
	closing := context.AfterFunc(ctx, func() { _ = sub.Close() })
	defer func() {
		hangUp(nil)
		if closing() {
			_ = sub.Close()
		}
	}()
	if err := l.subscribe(ctx, sub, l.begin()); err != nil {
		return err
	}
	l.attach(sub, hangUp)
	for {
		msg, err := sub.Receive(ctx)
		if err == nil {
			err = l.handle(msg)
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		if err != nil {
			return err
		}
	}
}

// begin counts on all that is wanted and returns its names.
func (l *busLine) begin() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for name, i := range l.interests {
		i.reset()
		if i.wanted {
			i.sent()
			names = append(names, name)
		}
	}
	l.missing = len(names)
	for _, n := range l.cells {
		l.s.cells[n].track.restart()
	}
	return names
}

// attach opens the connection to changes of what is wanted.
func (l *busLine) attach(sub *redis.PubSub, hangUp context.CancelCauseFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sub, l.hangUp, l.heard, l.asked, l.ping = sub, hangUp, true, false, false
	clear(l.changed)
	for name, i := range l.interests {
		if i.wanted != i.asked {
			l.changed[name] = true
		}
	}
	l.kickLocked()
}

// broke ends a connection: nothing is confirmed any more.
func (l *busLine) broke(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sub != nil && l.missing == 0 {
		l.s.bus.counts.connections.Add(-1)
		if l.s.away.Add(1) == 1 && l.s.life.Err() == nil {
			l.s.bus.logger.Warn("A pub/sub connection broke; it is made again", "err", l.s.bus.subscriptions.explain(err))
		}
	}
	l.sub, l.fault = nil, err
	for name, i := range l.interests {
		i.reset()
		if !i.wanted {
			delete(l.interests, name)
		}
	}
}

// subscribe sends names to Redis, some at a time.
func (l *busLine) subscribe(ctx context.Context, sub *redis.PubSub, names []string) error {
	for len(names) > 0 {
		some := names[:min(len(names), busBatch)]
		names = names[len(some):]
		send := sub.Subscribe
		if l.s.bus.sharded() {
			send = sub.SSubscribe
		}
		if err := send(ctx, some...); err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
	}
	return nil
}

func (l *busLine) unsubscribe(ctx context.Context, sub *redis.PubSub, names []string) error {
	if len(names) == 0 {
		return nil // without names it would be all of them
	}
	if l.s.bus.sharded() {
		return sub.SUnsubscribe(ctx, names...)
	}
	return sub.Unsubscribe(ctx, names...)
}

// handle takes what came over the connection.
func (l *busLine) handle(msg any) error {
	switch m := msg.(type) {
	case *redis.Message:
		l.deliver(m)
		return nil
	case *redis.Subscription:
		return l.confirm(m)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard, l.asked = true, false
	return nil
}

// deliver hands a message over. While a new connection is not complete, changes
// are left out: the loss that is told then covers them.
func (l *busLine) deliver(m *redis.Message) {
	l.mu.Lock()
	l.heard = true
	i, complete := l.interests[m.Channel], l.missing == 0
	wanted := i != nil && i.wanted
	l.mu.Unlock()
	switch {
	case !wanted:
	case !i.state:
		l.s.hear(i.topic, m.Payload)
	case complete:
		l.s.take(i.topic.Cell, m.Payload)
	}
}

// look asks a silent connection for a sign of life, and ends one that gave none.
func (l *busLine) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.sub == nil || l.heard:
		l.heard = false
		l.asked = false
	case l.asked:
		l.hangUp(errSilent)
	default:
		l.asked, l.ping = true, true
		l.kickLocked()
	}
}
