package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// closeWait is how long Close of a consumer or session waits for the plugin.
const closeWait = 2 * time.Second

// consumer is one consumer, on a stream of its own.
type consumer struct {
	stream grpc.BidiStreamingClient[pb.ConsumeRequest, pb.ConsumeResponse]
	ctx    context.Context // of the stream, until cancel
	cancel context.CancelFunc
	out    *outbox[*pb.ConsumeRequest]
	acks   replies[struct{}]
	news   chan struct{} // something changed for Receive
	ended  chan struct{} // the receiver has returned
	sent   chan struct{} // the sender has returned

	mu      sync.Mutex
	ready   []contract.Delivery
	failed  error // of one hand-over
	end     error // nothing more comes
	endSeen error // what ended the stream, nil for an orderly end
}

var _ contract.Consumer = (*consumer)(nil)

// Consume implements contract.Queue. The consumer ends with ErrGone when the
// plugin goes away; a new one is then to be made.
func (q *Queue) Consume(ctx context.Context, opts contract.ConsumeOptions) (contract.Consumer, error) {
	if err := checkText("queue or consumer", opts.Queue, opts.Consumer); err != nil {
		return nil, err
	}
	streamCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	stream, err := openConsumer(streamCtx, q.api, opts)
	if err != nil || !stop() {
		cancel()
		if ctx.Err() != nil {
			return nil, fromContext(ctx)
		}
		return nil, err
	}
	c := &consumer{
		stream: stream, ctx: streamCtx, cancel: cancel, out: newOutbox[*pb.ConsumeRequest](),
		news: make(chan struct{}, 1), ended: make(chan struct{}), sent: make(chan struct{}),
	}
	go c.send()
	go c.receive()
	return c, nil
}

func openConsumer(ctx context.Context, api pb.QueueClient, opts contract.ConsumeOptions) (grpc.BidiStreamingClient[pb.ConsumeRequest, pb.ConsumeResponse], error) {
	stream, err := api.Consume(ctx)
	if err != nil {
		return nil, fromStatus(err)
	}
	open := &pb.ConsumeOpen{Queue: opts.Queue, Consumer: opts.Consumer, LeaseMs: toMillis(opts.Lease)}
	// If this fails, Recv tells why.
	_ = stream.Send(&pb.ConsumeRequest{Message: &pb.ConsumeRequest_Open{Open: open}})
	resp, err := stream.Recv()
	if err != nil {
		return nil, fromStatus(err)
	}
	if err := fromFailure(resp.GetFailure()); err != nil {
		return nil, err
	}
	if resp.GetOpened() == nil {
		return nil, wrongResult(resp.GetMessage())
	}
	return stream, nil
}

// Receive implements contract.Consumer.
func (c *consumer) Receive(ctx context.Context, max int) ([]contract.Delivery, error) {
	if max < 1 {
		return nil, fmt.Errorf("%w: receive at most %d jobs", contract.ErrInvalid, max)
	}
	if ctx.Err() != nil {
		return nil, fromContext(ctx)
	}
	if jobs, err := c.take(max); jobs != nil || err != nil {
		return jobs, err
	}
	c.credit(max)
	for {
		select {
		case <-c.news:
			if jobs, err := c.take(max); jobs != nil || err != nil {
				return jobs, err
			}
		case <-ctx.Done():
			c.credit(0)
			return nil, fromContext(ctx)
		}
	}
}

// take returns what has arrived, or the error that has; neither means wait.
func (c *consumer) take(max int) ([]contract.Delivery, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ready) > 0 {
		n := min(max, len(c.ready))
		jobs := c.ready[:n:n]
		c.ready = c.ready[n:]
		return jobs, nil
	}
	if err := c.failed; err != nil {
		c.failed = nil
		return nil, err
	}
	return nil, c.end
}

func (c *consumer) credit(n int) {
	// A closed outbox shows as the consumer's end.
	_ = c.out.push(&pb.ConsumeRequest{Message: &pb.ConsumeRequest_Credit{Credit: &pb.ConsumeCredit{Max: toLimit(n)}}}, 0)
}

// Ack implements contract.Consumer.
func (c *consumer) Ack(ctx context.Context, d contract.Delivery) error {
	return c.settle(ctx, d, &pb.Settlement{How: &pb.Settlement_Ack{Ack: &pb.Empty{}}})
}

// Nack implements contract.Consumer.
func (c *consumer) Nack(ctx context.Context, d contract.Delivery, reason string, retryAfter time.Duration) error {
	nack := &pb.SettleNack{Reason: validText(reason, maxErrorText), RetryAfterMs: toMillis(retryAfter)}
	return c.settle(ctx, d, &pb.Settlement{How: &pb.Settlement_Nack{Nack: nack}})
}

// Reject implements contract.Consumer.
func (c *consumer) Reject(ctx context.Context, d contract.Delivery, reason string) error {
	reject := &pb.SettleReject{Reason: validText(reason, maxErrorText)}
	return c.settle(ctx, d, &pb.Settlement{How: &pb.Settlement_Reject{Reject: reject}})
}

// Extend implements contract.Consumer.
func (c *consumer) Extend(ctx context.Context, d contract.Delivery, lease time.Duration) error {
	extend := &pb.SettleExtend{LeaseMs: toMillis(lease)}
	return c.settle(ctx, d, &pb.Settlement{How: &pb.Settlement_Extend{Extend: extend}})
}

func (c *consumer) settle(ctx context.Context, d contract.Delivery, s *pb.Settlement) error {
	s.JobId, s.Receipt, s.DeadlineMs = d.Job.ID, d.Receipt, millisLeft(ctx)
	if err := checkText("job id or receipt", s.JobId, s.Receipt); err != nil {
		return err
	}
	return c.command(ctx, len(s.JobId)+len(s.Receipt)+opOverhead, func(id uint64) *pb.ConsumeRequest {
		s.Id = id
		return &pb.ConsumeRequest{Message: &pb.ConsumeRequest_Settle{Settle: &pb.Settlements{Settlements: []*pb.Settlement{s}}}}
	})
}

// Drain implements contract.Consumer.
func (c *consumer) Drain(ctx context.Context) error {
	return c.command(ctx, 0, func(id uint64) *pb.ConsumeRequest {
		return &pb.ConsumeRequest{Message: &pb.ConsumeRequest_Drain{Drain: &pb.ConsumeDrain{Id: id, DeadlineMs: millisLeft(ctx)}}}
	})
}

func (c *consumer) command(ctx context.Context, size int, make func(id uint64) *pb.ConsumeRequest) error {
	if ctx.Err() != nil {
		return fromContext(ctx)
	}
	id, ch, err := c.acks.expect()
	if err != nil {
		return err
	}
	if err := c.out.push(make(id), size); err != nil {
		c.acks.forget(id)
		return err
	}
	_, err = c.acks.await(ctx, id, ch)
	return err
}

// Close implements contract.Consumer. It may be called more than once.
func (c *consumer) Close() error {
	c.finish(contract.ErrClosed)
	c.out.close()
	timer := time.AfterFunc(closeWait, c.cancel)
	defer timer.Stop()
	<-c.sent
	<-c.ended
	c.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endSeen
}

// send is the sender's goroutine.
func (c *consumer) send() {
	defer close(c.sent)
	c.out.drain(func(reqs []*pb.ConsumeRequest) error {
		for _, req := range joinSettlements(reqs) {
			if err := c.stream.Send(req); err != nil {
				return err
			}
		}
		return nil
	})
	_ = c.stream.CloseSend()
}

// joinSettlements puts neighbouring settlements into one message.
func joinSettlements(reqs []*pb.ConsumeRequest) []*pb.ConsumeRequest {
	joined := reqs[:0]
	for _, req := range reqs {
		if more := req.GetSettle(); more != nil && len(joined) > 0 {
			if s := joined[len(joined)-1].GetSettle(); s != nil && len(s.Settlements) < maxBatchOps {
				s.Settlements = append(s.Settlements, more.Settlements...)
				continue
			}
		}
		joined = append(joined, req)
	}
	return joined
}

// receive is the receiver's goroutine.
func (c *consumer) receive() {
	defer close(c.ended)
	for {
		resp, err := c.stream.Recv()
		if err != nil {
			c.out.close()
			end := fromStream(c.ctx, err)
			if !errors.Is(err, io.EOF) {
				c.mu.Lock()
				c.endSeen = end
				c.mu.Unlock()
			}
			c.finish(end)
			return
		}
		c.handle(resp)
	}
}

func (c *consumer) handle(resp *pb.ConsumeResponse) {
	switch m := resp.Message.(type) {
	case *pb.ConsumeResponse_Delivered:
		c.change(func() {
			for _, d := range m.Delivered.GetDeliveries() {
				c.ready = append(c.ready, contract.Delivery{
					Job: fromJob(d.GetJob()), Attempt: d.GetAttempt(),
					EnqueuedAt: fromUnixMillis(d.GetEnqueuedAtUnixMs()), Receipt: d.GetReceipt(),
				})
			}
		})
	case *pb.ConsumeResponse_Settled:
		for _, r := range m.Settled.GetResults() {
			c.acks.answer(r.GetId(), struct{}{}, fromFailure(r.GetFailure()))
		}
	case *pb.ConsumeResponse_Failure:
		c.change(func() { c.failed = fromFailure(m.Failure) })
	case *pb.ConsumeResponse_Drained:
		c.change(func() { c.endWith(contract.ErrClosed) })
	}
}

// finish ends hand-overs and settlements with err.
func (c *consumer) finish(err error) {
	c.acks.end(err)
	c.change(func() { c.endWith(err) })
}

func (c *consumer) endWith(err error) {
	if c.end == nil {
		c.end = err
	}
}

func (c *consumer) change(do func()) {
	c.mu.Lock()
	do()
	c.mu.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}
