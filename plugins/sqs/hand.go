package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// hand gives spares to those who wait. What was hidden for too short a time for
// its consumer's lease goes back to SQS, with what stands behind it.
func (l *line) hand(ctx context.Context) {
	l.mu.Lock()
	var short []*message
	for _, w := range slices.Clone(l.waiters) {
		picked, tooShort := l.pick(w.c, w.most)
		short = append(short, tooShort...)
		if len(picked) > 0 {
			l.leave(w)
			w.got <- picked
		}
	}
	l.mu.Unlock()
	l.release(ctx, short)
}

// leave takes a waiter off the list. The caller holds the lock.
func (l *line) leave(w *waiter) {
	l.waiters = slices.DeleteFunc(l.waiters, func(other *waiter) bool { return other == w })
}

// pick hands over at most most spares to a consumer. The caller holds the lock.
func (l *line) pick(c *consumer, most int) (picked []contract.Delivery, short []*message) {
	now := time.Now()
	most = min(most, c.room())
	left := l.spares[:0:0]
	stopped := map[string]bool{} // groups of which one goes back
	for _, m := range l.spares {
		group := m.env.Group
		switch {
		case stopped[group] || now.Add(c.lease).After(m.hidden):
			stopped[group] = l.q.opts.FIFO
			short = append(short, m)
		case len(picked) == most || l.q.opts.FIFO && l.groups[group] > 0 || l.ids[m.env.ID] != "":
			left = append(left, m)
		default:
			picked = append(picked, l.give(m, c, now))
		}
	}
	l.spares = left
	return picked, short
}

// give begins a hand-over. The caller holds the lock.
func (l *line) give(m *message, c *consumer, now time.Time) contract.Delivery {
	l.sequence++
	m.receipt = fmt.Sprintf("%s.%d.%s", l.q.run, l.sequence, m.handle)
	m.consumer, m.deadline = c, now.Add(c.lease)
	m.lock = make(chan struct{}, 1)
	m.lock <- struct{}{}
	l.held[m.receipt] = m
	l.groups[m.env.Group]++
	l.ids[m.env.ID] = m.id
	c.out++
	poke(l.kept)
	return m.delivery(l.name)
}

// drop ends a hand-over. It may be called again.
func (l *line) drop(m *message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[m.receipt] != m {
		return
	}
	delete(l.held, m.receipt)
	delete(l.ids, m.env.ID)
	if l.groups[m.env.Group]--; l.groups[m.env.Group] == 0 {
		delete(l.groups, m.env.Group)
	}
	m.consumer.out--
	poke(l.wake)
}

// handleOf returns SQS's handle from a receipt of another process.
func (l *line) handleOf(receipt string) (handle string, foreign bool) {
	parts := strings.SplitN(receipt, ".", 3)
	if len(parts) != 3 || parts[0] == l.q.run {
		return "", false
	}
	return parts[2], true
}
