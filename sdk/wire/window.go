package wire

import (
	"runtime"
	"time"
)

// batch is one message on its way out.
type batch[O, R any] struct {
	msg   *message
	calls []*call[O, R]
	ops   []*O
	bytes int
}

// release lets go of the calls, whose operations are not looked at any more.
func (b *batch[O, R]) release() {
	for _, k := range b.calls {
		k.release()
	}
	clear(b.calls)
	clear(b.ops)
	b.calls, b.ops, b.bytes, b.msg = b.calls[:0], b.ops[:0], 0, nil
}

// send is the sender's goroutine.
func (c *combiner[O, R, PR]) send() {
	defer close(c.stopped)
	b := new(batch[O, R])
	for c.next(b) {
		c.carrier.carry(b)
	}
}

// next waits until there is something to send and room for it.
func (c *combiner[O, R, PR]) next(b *batch[O, R]) bool {
	// Callers that are about to enqueue come first: they share the message.
	runtime.Gosched()
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed {
		if c.queue.count == 0 {
			c.idle = true
			c.wake.Wait()
			continue
		}
		if !c.roomLocked() {
			c.full = true
			c.wake.Wait()
			continue
		}
		if c.fillLocked(b, time.Now()); len(b.calls) > 0 {
			return true
		}
	}
	return false
}

// roomLocked reports whether another message may leave. If only the window is
// in the way it sees to it that the sender is woken when a message has stalled.
func (c *combiner[O, R, PR]) roomLocked() bool {
	if c.inFlight >= maxInFlight {
		return false
	}
	if c.holding < windowSlots {
		return true
	}
	oldest := c.oldestLocked()
	age := time.Since(oldest.sentAt)
	if age >= stallAfter {
		c.giveBackLocked(oldest)
		return true
	}
	if c.stall == nil {
		c.stall = time.AfterFunc(stallAfter-age, c.wakeSender)
	} else {
		c.stall.Reset(stallAfter - age)
	}
	return false
}

func (c *combiner[O, R, PR]) wakeSender() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake.Signal()
}

// oldestLocked returns the oldest message that holds a slot; there is one.
func (c *combiner[O, R, PR]) oldestLocked() *message {
	for !c.open[0].holding {
		c.open[0] = nil
		c.open = c.open[1:]
	}
	return c.open[0]
}

func (c *combiner[O, R, PR]) giveBackLocked(m *message) {
	m.holding = false
	c.holding--
	if c.full && c.inFlight < maxInFlight {
		c.full = false
		c.wake.Signal()
	}
}

// fillLocked makes a message of what is queued.
func (c *combiner[O, R, PR]) fillLocked(b *batch[O, R], now time.Time) {
	b.msg = &message{sentAt: now}
	for len(b.calls) < maxBatchOps && c.inFlight < maxInFlight {
		k := c.queue.peek()
		if k == nil || len(b.calls) > 0 && b.bytes+k.size > maxBatchBytes {
			break
		}
		c.queue.pop()
		var left int64
		if !k.deadline.IsZero() {
			if left = millisUntil(k.deadline, now); left < 0 {
				k.finish(nil, errDeadline)
				continue
			}
		}
		c.launchLocked(k, b.msg, left)
		b.calls, b.ops = append(b.calls, k), append(b.ops, k.op)
		b.bytes += k.size
	}
	if len(b.calls) > 0 {
		b.msg.holding = true
		c.holding++
		c.open = append(c.open, b.msg)
	}
}

// launchLocked puts a call in flight: in a slot, and with a reference of the sender.
func (c *combiner[O, R, PR]) launchLocked(k *call[O, R], m *message, left int64) {
	if len(c.free) == 0 {
		c.slots = append(c.slots, slot[O, R]{generation: 1})
		c.free = append(c.free, uint32(len(c.slots)-1))
	}
	k.slot = c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	s := &c.slots[k.slot]
	s.call = k
	k.state, k.msg = callInFlight, m
	k.refs.Add(1)
	m.open++
	c.inFlight++
	c.header(k.op, uint64(s.generation)<<32|uint64(k.slot), left)
}

// landLocked takes a call out of flight.
func (c *combiner[O, R, PR]) landLocked(k *call[O, R]) {
	s := &c.slots[k.slot]
	s.call = nil
	s.generation++
	c.free = append(c.free, k.slot)
	c.inFlight--
	k.msg.open--
	if k.msg.open == 0 && k.msg.holding {
		c.giveBackLocked(k.msg)
		return
	}
	if c.full && c.holding < windowSlots && c.inFlight < maxInFlight {
		c.full = false
		c.wake.Signal()
	}
}
