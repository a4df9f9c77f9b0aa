package wire

import (
	"context"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

type limitServer = opServer[pb.LimitOp, pb.LimitResult, *pb.LimitOp]

// limitService answers for the open rate limiter driver.
type limitService struct {
	pb.UnimplementedRateLimiterServer
	s *Server
}

func (l *limitService) Batch(ctx context.Context, req *pb.LimitBatchRequest) (*pb.LimitBatchResponse, error) {
	o, err := opened(&l.s.limiter, contract.KindRateLimiter)
	if err != nil {
		return nil, err
	}
	results, err := o.batch(ctx, req.GetOps())
	return &pb.LimitBatchResponse{Results: results}, err
}

func (l *limitService) Pipe(stream grpc.BidiStreamingServer[pb.LimitBatchRequest, pb.LimitBatchResponse]) error {
	o, err := opened(&l.s.limiter, contract.KindRateLimiter)
	if err != nil {
		return err
	}
	recv := func() ([]*pb.LimitOp, error) {
		req, err := stream.Recv()
		return req.GetOps(), err
	}
	var resp pb.LimitBatchResponse
	return o.pipe(stream.Context(), recv, func(results []*pb.LimitResult) error {
		resp.Results = results
		return stream.Send(&resp)
	})
}

// limitOps executes operations on a driver.
type limitOps struct {
	limiter contract.RateLimiter
	leaser  contract.RateLeaser // nil if the driver does not lease
}

func newLimitOps(driver contract.RateLimiter) *limitOps {
	l := &limitOps{limiter: driver}
	l.leaser, _ = driver.(contract.RateLeaser)
	return l
}

// key is none: units that are taken at the same time may be taken in any order.
func (l *limitOps) key(*pb.LimitOp) string { return "" }

func (l *limitOps) class(*pb.LimitOp) (class opClass, shared bool) { return classAlone, false }

func (l *limitOps) reset(res *pb.LimitResult, id uint64) { res.Id, res.Result = id, nil }

func (l *limitOps) fail(res *pb.LimitResult, err error) {
	res.Result = &pb.LimitResult_Failure{Failure: toFailure(err)}
}

func (l *limitOps) size(*pb.LimitResult) int { return opOverhead }

func (l *limitOps) run(ctx context.Context, op *pb.LimitOp, res *pb.LimitResult) {
	switch o := op.GetOp().(type) {
	case *pb.LimitOp_Take:
		taken, err := l.limiter.Take(ctx, fromTake(o.Take))
		if err != nil {
			l.fail(res, err)
			return
		}
		res.Result = &pb.LimitResult_Taken{Taken: toTaken(taken)}
	case *pb.LimitOp_Lease:
		l.lease(ctx, o.Lease, res)
	case *pb.LimitOp_Reset_:
		if err := l.limiter.Reset(ctx, o.Reset_.GetKey()); err != nil {
			l.fail(res, err)
			return
		}
		res.Result = &pb.LimitResult_Done{Done: &pb.Empty{}}
	default:
		l.fail(res, errUnknownOp)
	}
}

func (l *limitOps) lease(ctx context.Context, o *pb.LimitLease, res *pb.LimitResult) {
	if l.leaser == nil {
		l.fail(res, lacks(contract.CapLimitLease))
		return
	}
	leased, err := l.leaser.Lease(ctx, fromTake(o.GetTake()), o.GetWant())
	if err != nil {
		l.fail(res, err)
		return
	}
	res.Result = &pb.LimitResult_Leased{Leased: &pb.LimitLeased{
		Taken: toTaken(leased.TakeResult), Granted: leased.Granted, ValidForMs: toMillis(leased.ValidFor),
	}}
}

func (l *limitOps) runMany(context.Context, opClass, []*pb.LimitOp, []*pb.LimitResult) {}

func fromTake(t *pb.LimitTake) contract.TakeRequest {
	return contract.TakeRequest{
		Key: t.GetKey(), Cost: t.GetCost(), Limit: t.GetLimit(), Window: fromMillis(t.GetWindowMs()), ID: t.GetRetryId(),
	}
}

func toTaken(t contract.TakeResult) *pb.LimitTaken {
	return &pb.LimitTaken{
		Allowed: t.Allowed, Remaining: t.Remaining,
		ResetAfterMs: toMillis(t.ResetAfter), RetryAfterMs: toMillis(t.RetryAfter),
	}
}
