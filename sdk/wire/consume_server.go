package wire

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// Consume implements the service: one consumer of the open queue driver.
func (q *queueService) Consume(stream grpc.BidiStreamingServer[pb.ConsumeRequest, pb.ConsumeResponse]) error {
	o, err := opened(&q.s.queue, contract.KindQueue)
	if err != nil {
		return err
	}
	first, err := stream.Recv()
	if err != nil {
		return endOfStream(err)
	}
	queue := o.set.(*queueOps).queue
	driver, err := q.s.consume(stream.Context(), queue, first.GetOpen())
	if err != nil {
		return stream.Send(&pb.ConsumeResponse{Message: &pb.ConsumeResponse_Failure{Failure: toFailure(err)}})
	}
	c := newConsuming(q.s, driver, stream)
	c.queue = first.GetOpen().GetQueue()
	_, c.heir = queue.(contract.StateMover)
	defer q.s.consumers.add(c)()
	return c.serve()
}

func (s *Server) consume(ctx context.Context, queue contract.Queue, open *pb.ConsumeOpen) (c contract.Consumer, err error) {
	defer s.recoverInto(&err)
	if open == nil {
		return nil, fmt.Errorf("%w: the first message of a consumer must open it", contract.ErrInvalid)
	}
	if s.work.refusing() {
		return nil, errDraining
	}
	return queue.Consume(ctx, contract.ConsumeOptions{
		Queue: open.GetQueue(), Consumer: open.GetConsumer(), Lease: fromMillis(open.GetLeaseMs()),
	})
}

// consuming is the plugin's end of a consumer's stream.
type consuming struct {
	s      *Server
	driver contract.Consumer
	stream grpc.BidiStreamingServer[pb.ConsumeRequest, pb.ConsumeResponse]
	acks   *responder[pb.SettleResult]
	exec   *executor // of settlements
	queue  string
	heir   bool // the driver may know hand-overs of a predecessor

	sendMu sync.Mutex // around stream.Send

	mu     sync.Mutex
	credit int
	given  chan struct{} // closed when credit is given; nil if nobody waits
	cancel context.CancelFunc
	out    map[receipt]contract.Delivery
}

// receipt names a hand-over.
type receipt struct{ job, receipt string }

func newConsuming(s *Server, driver contract.Consumer, stream grpc.BidiStreamingServer[pb.ConsumeRequest, pb.ConsumeResponse]) *consuming {
	c := &consuming{
		s: s, driver: driver, stream: stream,
		exec: newExecutor(s.parallel),
		out:  make(map[receipt]contract.Delivery),
	}
	c.acks = &responder[pb.SettleResult]{
		size: func(*pb.SettleResult) int { return opOverhead },
		send: func(results []*pb.SettleResult) error {
			return c.send(&pb.ConsumeResponse{Message: &pb.ConsumeResponse_Settled{Settled: &pb.SettleResults{Results: results}}})
		},
	}
	return c
}

// serve ends with the stream; it then closes the driver's consumer.
func (c *consuming) serve() error {
	ctx, cancel := context.WithCancel(c.stream.Context())
	err := c.send(&pb.ConsumeResponse{Message: &pb.ConsumeResponse_Opened{Opened: &pb.Empty{}}})
	var hand sync.WaitGroup
	hand.Go(func() { c.handOver(ctx) })
	for err == nil {
		var req *pb.ConsumeRequest
		if req, err = c.stream.Recv(); err == nil {
			err = c.handle(ctx, req)
		}
	}
	if orderly := endOfStream(err) == nil; orderly {
		c.acks.settled(c.stream.Context())
	}
	cancel()
	hand.Wait()
	c.acks.close()
	closeErr := c.close()
	if err := endOfStream(err); err != nil {
		return err
	}
	return toStatus(closeErr)
}

func (c *consuming) close() (err error) {
	defer c.s.recoverInto(&err)
	c.mu.Lock()
	left := len(c.out)
	c.out = nil
	c.mu.Unlock()
	c.s.work.end(left)
	return c.driver.Close()
}

func (c *consuming) send(resp *pb.ConsumeResponse) error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	return c.stream.Send(resp)
}

func (c *consuming) handle(ctx context.Context, req *pb.ConsumeRequest) error {
	switch m := req.GetMessage().(type) {
	case *pb.ConsumeRequest_Credit:
		c.setCredit(int(m.Credit.GetMax()))
	case *pb.ConsumeRequest_Settle:
		return c.settle(ctx, m.Settle.GetSettlements())
	case *pb.ConsumeRequest_Drain:
		if err := c.acks.expect(ctx, 1); err != nil {
			return err
		}
		c.exec.submit(&task{run: func() { c.drain(ctx, m.Drain) }})
	default:
		return toStatus(errUnknownOp)
	}
	return nil
}

func (c *consuming) drain(ctx context.Context, d *pb.ConsumeDrain) {
	ctx, cancel := context.WithDeadline(ctx, deadlineOf(d.GetDeadlineMs(), time.Now()))
	defer cancel()
	c.acks.add([]*pb.SettleResult{{Id: d.GetId(), Failure: toFailure(c.drainDriver(ctx))}})
}

func (c *consuming) drainDriver(ctx context.Context) (err error) {
	defer c.s.recoverInto(&err)
	return c.driver.Drain(ctx)
}

// setCredit lets the driver hand over at most n jobs, once; 0 takes back what
// was given before.
func (c *consuming) setCredit(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.credit = max(n, 0)
	if c.cancel != nil {
		c.cancel()
	}
	if c.credit > 0 && c.given != nil {
		close(c.given)
		c.given = nil
	}
}

// waitCredit waits for credit and uses it up. The context that it returns ends
// when the credit is taken back or replaced.
func (c *consuming) waitCredit(ctx context.Context) (context.Context, int) {
	for {
		c.mu.Lock()
		if n := c.credit; n > 0 {
			c.credit = 0
			ctx, c.cancel = context.WithCancel(ctx)
			c.mu.Unlock()
			return ctx, n
		}
		if c.given == nil {
			c.given = make(chan struct{})
		}
		given := c.given
		c.mu.Unlock()
		select {
		case <-given:
		case <-ctx.Done():
			return ctx, 0
		}
	}
}

// handOver asks the driver for jobs whenever there is credit.
func (c *consuming) handOver(ctx context.Context) {
	for {
		turn, n := c.waitCredit(ctx)
		if n == 0 {
			return
		}
		jobs, err := c.receive(turn, n)
		withdrawn := turn.Err() != nil
		c.mu.Lock()
		c.cancel()
		c.cancel = nil
		c.mu.Unlock()
		if !c.report(jobs, err, withdrawn) {
			return
		}
	}
}

func (c *consuming) receive(ctx context.Context, n int) (jobs []contract.Delivery, err error) {
	defer c.s.recoverInto(&err)
	return c.driver.Receive(ctx, n)
}

// report tells the client what a hand-over gave; false ends hand-overs.
func (c *consuming) report(jobs []contract.Delivery, err error, withdrawn bool) bool {
	if len(jobs) > 0 && c.deliver(jobs) != nil {
		return false
	}
	switch {
	case err == nil || withdrawn && !errors.Is(err, contract.ErrClosed):
		return true
	case errors.Is(err, contract.ErrClosed):
		_ = c.send(&pb.ConsumeResponse{Message: &pb.ConsumeResponse_Drained{Drained: &pb.Empty{}}})
		return false
	default:
		return c.send(&pb.ConsumeResponse{Message: &pb.ConsumeResponse_Failure{Failure: toFailure(err)}}) == nil
	}
}

// deliver notes that jobs are out and sends them.
func (c *consuming) deliver(jobs []contract.Delivery) error {
	c.mu.Lock()
	for _, d := range jobs {
		key := receipt{text(d.Job.ID), text(d.Receipt)}
		if _, again := c.out[key]; !again {
			// Drain waits for what is out; what is out is never refused.
			_ = c.s.work.begin(1)
		}
		c.out[key] = d
	}
	c.mu.Unlock()
	deliveries := make([]*pb.Delivery, len(jobs))
	for i, d := range jobs {
		deliveries[i] = &pb.Delivery{
			Job: toJob(d.Job), Attempt: d.Attempt, EnqueuedAtUnixMs: toUnixMillis(d.EnqueuedAt), Receipt: text(d.Receipt),
		}
	}
	size := func(d *pb.Delivery) int { return opOverhead + len(d.Job.Body) + len(d.Receipt) }
	return sendSplit(deliveries, size, func(some []*pb.Delivery) error {
		return c.send(&pb.ConsumeResponse{Message: &pb.ConsumeResponse_Delivered{Delivered: &pb.Delivered{Deliveries: some}}})
	})
}
