package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// sifting is what becomes of the messages of one receive call.
type sifting struct {
	line    *line
	blocked map[string]bool // groups of which an earlier message stays in SQS
	ready   []*message      // can be handed over
	back    []*message      // must wait behind another one of their group
	early   []*message      // their delay has not ended
}

// sift decides what received messages are: those that can be handed over become
// spares; others are hidden, given back, removed, or made dead letters.
func (l *line) sift(ctx context.Context, messages []*message) {
	s := &sifting{line: l, blocked: map[string]bool{}}
	for _, m := range messages {
		s.add(ctx, m)
	}
	l.release(ctx, s.back)
	for _, m := range s.early {
		l.notHanded(m)
		_ = l.hide(ctx, m, m.wait(time.Now()))
	}
	l.mu.Lock()
	l.spares = append(l.spares, s.ready...)
	l.mu.Unlock()
	poke(l.kept)
}

func (s *sifting) add(ctx context.Context, m *message) {
	l := s.line
	var err error
	if m.env, err = openEnvelope(m.body); err != nil {
		l.park(ctx, m, err)
		return
	}
	if l.q.opts.FIFO && s.blocked[m.env.Group] {
		s.back = append(s.back, m)
		return
	}
	m.attempt = l.attemptOf(m)
	switch {
	case m.wait(time.Now()) > 0:
		s.early = append(s.early, m)
		s.blocked[m.env.Group] = true
	case l.isTwin(m):
		s.blocked[m.env.Group] = !l.dropTwin(ctx, m)
	case m.attempt > l.attempts(m.env):
		reason := fmt.Sprintf("handed over %d times without an outcome", m.attempt-1)
		s.blocked[m.env.Group] = l.bury(ctx, m.env.job(l.name), m, m.attempt-1, reason) != nil
	default:
		s.ready = append(s.ready, m)
	}
}

// wait is how long a message is not to be handed over yet. What SQS's clock
// says of a first receive is better than ours.
func (m *message) wait(now time.Time) time.Duration {
	if m.env.DelayMS == 0 {
		return 0
	}
	if m.count == 1 && !m.first.Before(m.born) {
		now = m.first.Add(now.Sub(m.received))
	}
	return m.born.Add(millis(m.env.DelayMS)).Sub(now)
}

// attemptOf counts the hand-overs: all receives but those that are known to have
// been none. A delayed job whose first receive was early has one of these, even
// if another process saw it.
func (l *line) attemptOf(m *message) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	none := l.extra[m.id]
	if m.count > 1 && none == 0 && m.first.Sub(m.born) < millis(m.env.DelayMS) {
		none = 1
	}
	return max(m.count, none+1) - none
}

// notHanded notes that a receive is no hand-over.
func (l *line) notHanded(m *message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.extra) >= mostExtra {
		clear(l.extra)
	}
	l.extra[m.id]++
}

// isTwin is whether the message is a second one of a job that is out here or
// was done here a moment ago. Standard queues may have such.
func (l *line) isTwin(m *message) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.ids[m.env.ID]
	return out != "" && out != m.id || l.done.has(m.env.ID, time.Now())
}

// dropTwin removes the second message of a job that is done. While the first is
// out, the second stays hidden.
func (l *line) dropTwin(ctx context.Context, m *message) (dropped bool) {
	l.mu.Lock()
	isDone := l.done.has(m.env.ID, time.Now())
	l.mu.Unlock()
	if isDone && l.remover.remove(ctx, m.handle) == nil {
		l.forget(m)
		return true
	}
	l.notHanded(m)
	return false
}

// forget drops what is known of a message that left the queue.
func (l *line) forget(m *message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.extra, m.id)
}

// delivery is what a worker sees of a message.
func (m *message) delivery(queue string) contract.Delivery {
	return contract.Delivery{
		Job: m.env.job(queue), Attempt: m.attempt, EnqueuedAt: time.UnixMilli(m.env.BornMS), Receipt: m.receipt,
	}
}
