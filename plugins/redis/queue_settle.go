package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/jobrules"
)

var settleScript = mustScript("queue", "queue_settle")

// The ways in which a hand-over ends or goes on.
const (
	acked    = "ack"
	nacked   = "nack"
	rejected = "reject"
	untake   = "untake"
	extended = "extend"
)

// What queue_settle.lua says.
const (
	settledWell = 1
	settledDead = 2
	notHeld     = 0
	notThere    = -1
)

type settlement struct {
	how    string
	time   time.Duration
	reason string
}

// settle runs the script. If a connection broke under it, it is run again, and
// what the first run did counts.
func (q *queue) settle(ctx context.Context, queue, receipt string, s settlement) (int64, error) {
	args := []any{receipt, s.how, roundUp(s.time), s.reason}
	reply, err := q.script(ctx, once, settleScript, queue, args...)
	unsure := err != nil && broke(err)
	if unsure {
		reply, err = q.script(ctx, again, settleScript, queue, args...)
	}
	if err != nil {
		return 0, err
	}
	result, _ := reply.(int64)
	if unsure && didBefore(s.how, result) {
		result = settledWell
	}
	if s.how != extended || result != settledWell {
		q.slots.settle(receipt)
	}
	if result != settledWell && result != settledDead {
		return result, fmt.Errorf("%w: no job is out under receipt %q; its lease may have ended", contract.ErrNotFound, receipt)
	}
	return result, nil
}

// didBefore reports whether a second run that found nothing to do means that the
// first one did it: a job that was done or died is not there any more, one that
// was given back is not out.
func didBefore(how string, result int64) bool {
	switch how {
	case acked, rejected:
		return result == notThere
	case nacked, untake:
		return result == notHeld || result == notThere
	}
	return false
}

// settle ends or extends one of this consumer's hand-overs.
func (c *consumer) settle(ctx context.Context, d contract.Delivery, s settlement) error {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return fmt.Errorf("%w: the consumer was closed", contract.ErrClosed)
	}
	result, err := c.q.settle(ctx, c.opts.Queue, d.Receipt, s)
	if err != nil {
		return err
	}
	c.q.count(s.how, result)
	return nil
}

func (q *queue) count(how string, result int64) {
	switch {
	case result == settledDead:
		q.counts.dead.Add(1)
	case how == acked:
		q.counts.done.Add(1)
	case how == nacked:
		q.counts.returned.Add(1)
	}
}

// Ack removes the job.
func (c *consumer) Ack(ctx context.Context, d contract.Delivery) error {
	return c.settle(ctx, d, settlement{how: acked})
}

// Nack gives the job back.
func (c *consumer) Nack(ctx context.Context, d contract.Delivery, reason string, after time.Duration) error {
	if after < 0 {
		after = c.q.backOff.Delay(d.Attempt)
	}
	return c.settle(ctx, d, settlement{how: nacked, time: after, reason: short(reason)})
}

// Reject makes the job a dead letter.
func (c *consumer) Reject(ctx context.Context, d contract.Delivery, reason string) error {
	return c.settle(ctx, d, settlement{how: rejected, reason: short(reason)})
}

// Extend gives the job a new lease.
func (c *consumer) Extend(ctx context.Context, d contract.Delivery, lease time.Duration) error {
	if err := jobrules.CheckLease(lease); err != nil {
		return err
	}
	end := time.Now().Add(lease)
	err := c.settle(ctx, d, settlement{how: extended, time: lease})
	if err == nil {
		c.q.slots.hold(d.Receipt, c.claims, end)
	}
	return err
}

// maxReason is how much of a reason is kept.
const maxReason = 1 << 10

// short cuts a reason, and leaves out what is no UTF-8.
func short(reason string) string {
	return strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
}
