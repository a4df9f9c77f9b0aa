package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// The waits after a receive call that failed.
const (
	firstPause = 250 * time.Millisecond
	mostPause  = 10 * time.Second
)

// poll asks SQS for messages while somebody waits for jobs, until ctx or the
// line ends. No call is cut off because nobody waits any more: what it brings
// is given to others or back.
func (l *line) poll(ctx context.Context) {
	failures := 0
	var a *asking // the wish that has no answer yet
	for {
		n := l.wanted(ctx)
		if n == 0 {
			return
		}
		if a == nil || !a.isOpen() {
			a = l.ask(n)
		}
		messages, err := l.receive(ctx, a)
		if !isLost(err) {
			a = nil
		}
		if err != nil {
			if errors.Is(err, errQueueGone) {
				l.repairSoon()
			}
			failures++
			if !pause(ctx, failurePause(failures)) {
				return
			}
			continue
		}
		failures = 0
		l.sift(ctx, messages)
		l.hand(ctx)
		if len(messages) == 0 && l.q.opts.WaitTimeSeconds == 0 && !pause(ctx, millis(l.q.opts.Reliability.WorkerPollIntervalMS)) {
			return
		}
	}
}

// failurePause doubles with each failure in a row and varies by half.
func failurePause(failures int) time.Duration {
	d := min(firstPause<<min(failures-1, 10), mostPause)
	return d/2 + rand.N(d/2)
}

// wanted waits until there is demand and returns how many messages to ask for;
// 0 when the line or ctx ended.
func (l *line) wanted(ctx context.Context) int {
	for {
		if n := l.demand(); n > 0 {
			return n
		}
		select {
		case <-l.wake:
		case <-l.closing:
			return 0
		case <-ctx.Done():
			return 0
		}
	}
}

func (l *line) demand() int {
	select {
	case <-l.closing:
		return 0
	default:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, w := range l.waiters {
		n += min(w.most, w.c.room())
	}
	return min(n, int(l.q.opts.MaxMessages))
}

// hides is for how long a received message is hidden from others.
func (l *line) hides() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	longest := time.Second
	for c := range l.consumers {
		longest = max(longest, c.lease)
	}
	return l.visibility(longest)
}

// visibility is for how long SQS hides a message whose lease is given.
func (l *line) visibility(lease time.Duration) time.Duration {
	least := time.Duration(l.q.opts.VisibilityTimeout) * time.Second
	return min(max(lease+margin, least), mostVisibility)
}

// ask begins a wish for jobs. Until it has its answer they are hidden for a
// short time only, however long the leases are.
func (l *line) ask(n int) *asking {
	short := max(l.visibility(0)+margin, unanswered)
	return l.q.ask(l.place().url, n, l.q.opts.WaitTimeSeconds, min(l.hides(), short))
}

// receive makes one receive call, and hides what it brought for as long as the
// leases of the consumers need.
func (l *line) receive(ctx context.Context, a *asking) ([]*message, error) {
	began := time.Now()
	messages, err := l.q.try(ctx, a)
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	late := time.Since(began) > time.Duration(a.wait)*time.Second+margin
	if hides := l.hides(); late || hides > a.hides {
		l.hideAll(ctx, messages, hides)
	}
	return messages, nil
}
