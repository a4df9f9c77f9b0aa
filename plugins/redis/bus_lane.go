package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Bounds of a lane: how many there are on one server, what one pipeline takes,
// and what waits behind it.
const (
	busLanes      = 4
	busBatch      = 512
	busBatchBytes = 1 << 20
	busQueueBytes = 16 << 20
)

// busCall is a command on its way: a call of the script, or a message.
type busCall struct {
	ctx   context.Context
	cell  uint32
	more  []uint32 // further cells, on the same server
	args  []any    // of the script
	topic string   // of a message
	body  []byte   // of a message, without its head
	size  int
	apply bool // args[3] is a version, args[4] the one that must stand before it
	full  bool // the server does not know the script
	cmd   redis.Cmder
	done  chan struct{}

	answers []busAnswer // one for each cell
	err     error
}

func (c *busCall) finish(answers []busAnswer, err error) {
	c.answers, c.err = answers, err
	close(c.done)
}

// busLane sends the commands of some cells to Redis: all that waits in one
// pipeline, one pipeline at a time, so that they take effect in their order. What
// may be repeated is, before anything behind it is sent.
type busLane struct {
	s *busSession

	mu      sync.Mutex
	waiting []*busCall
	bytes   int
	sent    uint64 // messages, for their numbers
	working bool
}

func newBusLane(s *busSession) *busLane { return &busLane{s: s} }

// do has a call executed and waits for it, but not longer than its context.
func (l *busLane) do(c *busCall) (busAnswer, error) {
	if err := l.push(c); err != nil {
		return busAnswer{}, err
	}
	return l.await(c)
}

func (l *busLane) await(c *busCall) (busAnswer, error) {
	select {
	case <-c.done:
		if c.err != nil || c.answers == nil {
			return busAnswer{}, c.err
		}
		return c.answers[0], nil
	case <-c.ctx.Done():
		return busAnswer{}, l.s.bus.commands.explain(c.ctx.Err())
	}
}

// push queues calls, all or none.
func (l *busLane) push(calls ...*busCall) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := 0
	for _, c := range calls {
		size += c.size
	}
	if l.bytes > 0 && l.bytes+size > busQueueBytes {
		return fmt.Errorf("%w: %d bytes wait for Redis, at most %d may", contract.ErrOverloaded, l.bytes, busQueueBytes)
	}
	for _, c := range calls {
		if c.topic != "" {
			l.sent++
			c.body = addressed(l.sent, l.s.node.Incarnation, c.body)
		}
		c.done = make(chan struct{})
	}
	l.waiting = append(l.waiting, calls...)
	l.bytes += size
	if !l.working {
		l.working = l.s.spawn(l.work)
	}
	return nil
}

// work is the lane's goroutine while there is work.
func (l *busLane) work() {
	for batch := l.next(); len(batch) > 0; batch = l.next() {
		for pause := firstPause; len(batch) > 0; pause = min(2*pause, mostPause) {
			var wait bool
			if batch, wait = l.attempt(batch); wait {
				sleep(l.s.life, pause)
			}
		}
	}
}

// next takes what goes into one pipeline, or ends the work.
func (l *busLane) next() []*busCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, bytes := 0, 0
	for n < len(l.waiting) && n < busBatch && bytes < busBatchBytes {
		bytes += l.waiting[n].size
		n++
	}
	batch := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	l.bytes -= bytes
	if n == 0 {
		l.waiting, l.working = nil, false
	}
	return batch
}

// attempt sends calls once. It returns those to be sent again, and whether to
// wait before.
func (l *busLane) attempt(batch []*busCall) (left []*busCall, wait bool) {
	batch, until := l.alive(batch)
	if len(batch) == 0 {
		return nil, false
	}
	ctx, cancel := context.WithDeadline(l.s.life, until)
	defer cancel()
	pipe := l.s.bus.commands.Pipeline()
	versions := map[uint32]any{}
	for _, c := range batch {
		c.cmd = l.s.command(ctx, c, versions)
		_ = pipe.Process(ctx, c.cmd)
	}
	_, _ = pipe.Exec(ctx)
	for _, c := range batch {
		more, pause := l.s.settle(c)
		if more {
			left = append(left, c)
		}
		wait = wait || pause
	}
	return left, wait
}

// alive drops the calls that nobody waits for, and returns when the last of the
// others ends.
func (l *busLane) alive(batch []*busCall) (live []*busCall, until time.Time) {
	for _, c := range batch {
		if err := c.ctx.Err(); err != nil {
			c.finish(nil, l.s.bus.commands.explain(err))
			continue
		}
		live = append(live, c)
		if d, _ := c.ctx.Deadline(); d.After(until) {
			until = d
		}
	}
	return live, until
}

// command makes the Redis command of a call. Of several applies in one cell each
// names the one before it, so that none takes effect before one that must be
// sent again.
func (s *busSession) command(ctx context.Context, c *busCall, versions map[uint32]any) redis.Cmder {
	if c.args == nil {
		return onceCmd{redis.NewCmd(ctx, s.bus.publishing(), c.topic, c.body)}
	}
	if c.apply {
		c.args[4] = 0
		if before, ok := versions[c.cell]; ok {
			c.args[4] = before
		}
		versions[c.cell] = c.args[3]
	}
	return redis.NewCmd(ctx, s.bus.script.call(c.full, s.metas(c), c.args)...)
}

// metas are the keys of the cells that a call is about.
func (s *busSession) metas(c *busCall) []any {
	keys := []any{s.keys.meta(c.cell)}
	for _, n := range c.more {
		keys = append(keys, s.keys.meta(n))
	}
	return keys
}

// settle finishes a call that was sent, unless it is to be sent again.
func (s *busSession) settle(c *busCall) (more, wait bool) {
	err := c.cmd.Err()
	switch {
	case err == nil && c.args == nil:
		s.bus.counts.published.Add(1)
		c.finish(nil, nil)
	case err == nil:
		answers, err := readBusAnswers(c.cmd.(*redis.Cmd), 1+len(c.more))
		if err == nil && (answers[0].word == "early" || answers[0].word == "more") {
			return true, false
		}
		c.finish(answers, err)
	case redis.HasErrorPrefix(err, "NOSCRIPT"):
		c.full = true
		return true, false
	case c.args != nil && mayRepeat(err, again):
		s.bus.commands.retrying(c.ctx, 1)
		return true, true
	default:
		s.bus.commands.retrying(c.ctx, 0) // the next one is to find a new master
		c.finish(nil, s.bus.commands.explain(err))
	}
	return false, false
}
