package wire

import (
	"context"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// RateLimiter is the client of a rate limiter driver.
type RateLimiter struct {
	opts ClientOptions
	x    exchange[pb.LimitOp, pb.LimitResult]
	pool callPool[limitCall]
}

var _ interface {
	contract.RateLimiter
	contract.RateLeaser
} = (*RateLimiter)(nil)

// NewRateLimiter returns a client of the rate limiter that the plugin behind cc has open.
func NewRateLimiter(cc grpc.ClientConnInterface, opts ClientOptions) *RateLimiter {
	api := pb.NewRateLimiterClient(cc)
	return &RateLimiter{opts: opts, x: newExchange[pb.LimitOp, pb.LimitResult](opts, service[pb.LimitOp, pb.LimitResult]{
		header: func(op *pb.LimitOp, id uint64, ms int64) { op.Id, op.DeadlineMs = id, ms },
		call: func(ctx context.Context, ops []*pb.LimitOp) ([]*pb.LimitResult, error) {
			resp, err := api.Batch(ctx, &pb.LimitBatchRequest{Ops: ops})
			return resp.GetResults(), err
		},
		open: func(ctx context.Context) (batchStream[pb.LimitOp, pb.LimitResult], error) {
			s, err := api.Pipe(ctx)
			return &limitStream{s: s}, err
		},
	})}
}

type limitStream struct {
	s   grpc.BidiStreamingClient[pb.LimitBatchRequest, pb.LimitBatchResponse]
	req pb.LimitBatchRequest
}

func (s *limitStream) send(ops []*pb.LimitOp) error {
	s.req.Ops = ops
	return s.s.Send(&s.req)
}

func (s *limitStream) recv() ([]*pb.LimitResult, error) {
	resp, err := s.s.Recv()
	return resp.GetResults(), err
}

// Close ends the client's operations with ErrClosed.
func (l *RateLimiter) Close() error { return l.x.Close() }

// Take implements contract.RateLimiter.
func (l *RateLimiter) Take(ctx context.Context, req contract.TakeRequest) (contract.TakeResult, error) {
	k, err := l.call(req)
	if err != nil {
		return contract.TakeResult{}, err
	}
	k.body.Op = &k.takeOp
	res, err := l.do(ctx, k)
	return fromTaken(res.GetTaken()), err
}

// Reset implements contract.RateLimiter.
func (l *RateLimiter) Reset(ctx context.Context, key string) error {
	k, err := l.call(contract.TakeRequest{Key: key})
	if err != nil {
		return err
	}
	k.body.Op = &pb.LimitOp_Reset_{Reset_: &pb.LimitReset{Key: key}}
	_, err = l.do(ctx, k)
	return err
}

// Lease implements contract.RateLeaser.
func (l *RateLimiter) Lease(ctx context.Context, req contract.TakeRequest, want uint32) (contract.LeaseResult, error) {
	if err := l.opts.need(contract.CapLimitLease); err != nil {
		return contract.LeaseResult{}, err
	}
	k, err := l.call(req)
	if err != nil {
		return contract.LeaseResult{}, err
	}
	k.lease.Want, k.body.Op = want, &k.leaseOp
	res, err := l.do(ctx, k)
	leased := res.GetLeased()
	return contract.LeaseResult{
		Granted: leased.GetGranted(), ValidFor: fromMillis(leased.GetValidForMs()), TakeResult: fromTaken(leased.GetTaken()),
	}, err
}

func fromTaken(t *pb.LimitTaken) contract.TakeResult {
	return contract.TakeResult{
		Allowed: t.GetAllowed(), Remaining: t.GetRemaining(),
		ResetAfter: fromMillis(t.GetResetAfterMs()), RetryAfter: fromMillis(t.GetRetryAfterMs()),
	}
}

// limitCall has room for the frequent operations, so that they need no memory.
type limitCall struct {
	call  call[pb.LimitOp, pb.LimitResult]
	body  pb.LimitOp
	take  pb.LimitTake
	lease pb.LimitLease

	takeOp  pb.LimitOp_Take
	leaseOp pb.LimitOp_Lease
}

func newLimitCall(recycle func(*limitCall)) *limitCall {
	k := new(limitCall)
	k.call.op = &k.body
	k.takeOp.Take, k.lease.Take, k.leaseOp.Lease = &k.take, &k.take, &k.lease
	k.call.recycle = func() { recycle(k) }
	return k
}

func (l *RateLimiter) call(req contract.TakeRequest) (*limitCall, error) {
	if err := checkText("key", req.Key, req.ID); err != nil {
		return nil, err
	}
	k := l.pool.get(newLimitCall)
	k.call.start()
	k.call.size = len(req.Key) + len(req.ID) + opOverhead
	k.take.Key, k.take.Cost, k.take.Limit = req.Key, req.Cost, req.Limit
	k.take.WindowMs, k.take.RetryId = toMillis(req.Window), req.ID
	return k, nil
}

func (l *RateLimiter) do(ctx context.Context, k *limitCall) (*pb.LimitResult, error) {
	res, err := l.x.do(ctx, &k.call)
	if err == nil {
		err = fromFailure(res.GetFailure())
	}
	return res, err
}
