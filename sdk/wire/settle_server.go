package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// settle executes settlements: those of one hand-over in order, others side by side.
func (c *consuming) settle(ctx context.Context, settlements []*pb.Settlement) error {
	if err := c.acks.expect(ctx, len(settlements)); err != nil {
		return err
	}
	now := time.Now()
	for _, s := range settlements {
		deadline := deadlineOf(s.GetDeadlineMs(), now)
		c.exec.submit(&task{run: func() {
			err := c.settleOne(ctx, s, deadline)
			c.acks.add([]*pb.SettleResult{{Id: s.GetId(), Failure: toFailure(err)}})
		}}, s.GetJobId()+"\x00"+s.GetReceipt())
	}
	return nil
}

func (c *consuming) settleOne(ctx context.Context, s *pb.Settlement, deadline time.Time) (err error) {
	defer c.s.recoverInto(&err)
	key := receipt{s.GetJobId(), s.GetReceipt()}
	d, ok := c.lookup(key)
	if !ok && c.heir {
		d, ok = contract.Delivery{Job: contract.Job{Queue: c.queue, ID: key.job}, Receipt: key.receipt}, true
	}
	if !ok {
		return fmt.Errorf("%w: job %q is not out with this consumer", contract.ErrNotFound, s.GetJobId())
	}
	if !deadline.After(time.Now()) {
		return contract.ErrTimeout
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if err = c.apply(ctx, s, d); errors.Is(err, contract.ErrNotFound) || err == nil && s.GetExtend() == nil {
		c.forget(key)
	}
	return err
}

func (c *consuming) apply(ctx context.Context, s *pb.Settlement, d contract.Delivery) error {
	switch how := s.GetHow().(type) {
	case *pb.Settlement_Ack:
		return c.driver.Ack(ctx, d)
	case *pb.Settlement_Nack:
		return c.driver.Nack(ctx, d, how.Nack.GetReason(), fromMillis(how.Nack.GetRetryAfterMs()))
	case *pb.Settlement_Reject:
		return c.driver.Reject(ctx, d, how.Reject.GetReason())
	case *pb.Settlement_Extend:
		return c.driver.Extend(ctx, d, fromMillis(how.Extend.GetLeaseMs()))
	default:
		return errUnknownOp
	}
}

func (c *consuming) lookup(key receipt) (contract.Delivery, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, ok := c.out[key]
	return d, ok
}

func (c *consuming) forget(key receipt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.out[key]; ok {
		delete(c.out, key)
		c.s.work.end(1)
	}
}
