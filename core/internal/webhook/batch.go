package webhook

import (
	"crypto/rand"
	"time"
)

// Batching joins events of one webhook into one request.
type Batching struct {
	Enabled bool
	// Duration is how long events are collected, Size how many at most.
	Duration time.Duration
	Size     int
}

// batch collects events of one webhook of one app.
type batch struct {
	app    string
	hook   *hook
	events []byte // joined by commas
	count  int
	timeMS int64
	due    time.Duration
	closed bool
}

// batchBytes closes a batch well below the largest job.
const batchBytes = maxJobBytes * 3 / 4

// collect puts an event into the open batch of its webhook. All batches of a
// webhook are one group, which keeps the order of every channel in them.
func (o *outbox) collect(appID string, h *hook, text []byte) {
	b := o.batches[h.group]
	if b != nil && (b.count >= o.batching.Size || len(b.events)+len(text) > batchBytes) {
		o.closeBatch(b)
		b = nil
	}
	if b == nil {
		b = &batch{app: appID, hook: h, timeMS: o.wall().UnixMilli(), due: o.now() + o.batching.Duration}
		o.batches[h.group] = b
		o.opened = append(o.opened, b)
		if len(o.opened) == 1 {
			o.poke()
		}
	} else {
		b.events = append(b.events, ',')
	}
	b.events = append(b.events, text...)
	b.count++
	if b.count >= o.batching.Size {
		o.closeBatch(b)
	}
}

// closeBatch makes the job of a batch.
func (o *outbox) closeBatch(b *batch) {
	b.closed = true
	delete(o.batches, b.hook.group)
	o.push(b.app, newJob(rand.Text(), b.app, b.hook, "", b.timeMS, b.events))
}

// closeBatches closes the batches that are due, or all.
func (o *outbox) closeBatches(now time.Duration, all bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.opened) > 0 && (all || o.opened[0].due <= now || o.opened[0].closed) {
		if b := o.opened[0]; !b.closed {
			o.closeBatch(b)
		}
		o.opened = o.opened[1:]
	}
}
