package wire

import (
	"time"
)

// armSweepLocked has overdue operations looked for after an eighth of the timeout.
func (c *combiner[O, R, PR]) armSweepLocked() {
	every := min(max(c.timeout/8, time.Millisecond), 100*time.Millisecond)
	if c.sweep == nil {
		c.sweep = time.AfterFunc(every, c.expire)
		return
	}
	c.sweep.Reset(every)
}

// expire ends the wait of callers whose deadline has passed.
func (c *combiner[O, R, PR]) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, k := range c.overdueLocked(now) {
		if k.state == callQueued {
			c.queue.remove(k)
		} else {
			c.landLocked(k)
		}
		k.finish(nil, errDeadline)
	}
	if c.sweeping = !c.closed && c.queue.count+c.inFlight > 0; c.sweeping {
		c.armSweepLocked()
	}
}

func (c *combiner[O, R, PR]) overdueLocked(now time.Time) []*call[O, R] {
	var found []*call[O, R]
	late := func(k *call[O, R]) bool { return !k.deadline.IsZero() && !k.deadline.After(now) }
	for i := range c.slots {
		if k := c.slots[i].call; k != nil && late(k) {
			found = append(found, k)
		}
	}
	for _, ln := range c.queue.byApp {
		for k := ln.first; k != nil; k = k.next {
			if late(k) {
				found = append(found, k)
			}
		}
	}
	return found
}
