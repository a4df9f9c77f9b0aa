package wire

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

type queueServer = opServer[pb.QueueOp, pb.QueueResult, *pb.QueueOp]

// queueService answers for the open queue driver.
type queueService struct {
	pb.UnimplementedQueueServer
	s *Server
}

func (q *queueService) Batch(ctx context.Context, req *pb.QueueBatchRequest) (*pb.QueueBatchResponse, error) {
	o, err := opened(&q.s.queue, contract.KindQueue)
	if err != nil {
		return nil, err
	}
	results, err := o.batch(ctx, req.GetOps())
	return &pb.QueueBatchResponse{Results: results}, err
}

func (q *queueService) Pipe(stream grpc.BidiStreamingServer[pb.QueueBatchRequest, pb.QueueBatchResponse]) error {
	o, err := opened(&q.s.queue, contract.KindQueue)
	if err != nil {
		return err
	}
	recv := func() ([]*pb.QueueOp, error) {
		req, err := stream.Recv()
		return req.GetOps(), err
	}
	var resp pb.QueueBatchResponse
	return o.pipe(stream.Context(), recv, func(results []*pb.QueueResult) error {
		resp.Results = results
		return stream.Send(&resp)
	})
}

// queueOps executes operations on a driver.
type queueOps struct {
	queue contract.Queue
	dead  contract.DeadLetters // nil if the driver keeps none
}

func newQueueOps(driver contract.Queue) *queueOps {
	q := &queueOps{queue: driver}
	q.dead, _ = driver.(contract.DeadLetters)
	return q
}

func (q *queueOps) key(op *pb.QueueOp) string {
	if j := op.GetEnqueue(); j != nil {
		return j.GetQueue() + "\x00" + j.GetGroupKey()
	}
	return ""
}

func (q *queueOps) class(op *pb.QueueOp) (class opClass, shared bool) {
	if op.GetEnqueue() != nil {
		return classRepeat, false
	}
	return classAlone, false
}

func (q *queueOps) reset(res *pb.QueueResult, id uint64) { res.Id, res.Result = id, nil }

func (q *queueOps) fail(res *pb.QueueResult, err error) {
	res.Result = &pb.QueueResult_Failure{Failure: toFailure(err)}
}

func (q *queueOps) size(res *pb.QueueResult) int { return proto.Size(res) }

func (q *queueOps) run(ctx context.Context, op *pb.QueueOp, res *pb.QueueResult) {
	switch o := op.GetOp().(type) {
	case *pb.QueueOp_Enqueue:
		q.runMany(ctx, classRepeat, []*pb.QueueOp{op}, []*pb.QueueResult{res})
	case *pb.QueueOp_Stats:
		stats, err := q.queue.Stats(ctx, o.Stats.GetQueue())
		if err != nil {
			q.fail(res, err)
			return
		}
		res.Result = &pb.QueueResult_Stats{Stats: toStats(stats)}
	default:
		q.runDead(ctx, op, res)
	}
}

// runMany enqueues jobs in one call.
func (q *queueOps) runMany(ctx context.Context, _ opClass, ops []*pb.QueueOp, res []*pb.QueueResult) {
	jobs := make([]contract.Job, len(ops))
	for i, op := range ops {
		jobs[i] = fromJob(op.GetEnqueue())
	}
	errs := q.queue.Enqueue(ctx, jobs)
	mustAnswerAll(len(ops), len(errs), len(errs))
	for i, err := range errs {
		if err != nil {
			q.fail(res[i], err)
			continue
		}
		res[i].Result = &pb.QueueResult_Done{Done: &pb.Empty{}}
	}
}

func (q *queueOps) runDead(ctx context.Context, op *pb.QueueOp, res *pb.QueueResult) {
	if q.dead == nil {
		q.fail(res, lacks(contract.CapQueueDead))
		return
	}
	switch o := op.GetOp().(type) {
	case *pb.QueueOp_ListDead:
		letters, next, err := q.dead.ListDead(ctx, o.ListDead.GetQueue(), o.ListDead.GetPageToken(), int(o.ListDead.GetLimit()))
		if err != nil {
			q.fail(res, err)
			return
		}
		res.Result = &pb.QueueResult_Dead{Dead: toDeadPage(letters, next)}
	case *pb.QueueOp_ReplayDead:
		n, err := q.dead.ReplayDead(ctx, o.ReplayDead.GetQueue(), o.ReplayDead.GetIds())
		q.setNumber(res, n, err)
	case *pb.QueueOp_PurgeDead:
		n, err := q.dead.PurgeDead(ctx, o.PurgeDead.GetQueue(), o.PurgeDead.GetIds())
		q.setNumber(res, n, err)
	default:
		q.fail(res, errUnknownOp)
	}
}

func (q *queueOps) setNumber(res *pb.QueueResult, n int64, err error) {
	if err != nil {
		q.fail(res, err)
		return
	}
	res.Result = &pb.QueueResult_Number{Number: n}
}

func toStats(s contract.QueueStats) *pb.QueueStats {
	return &pb.QueueStats{
		Waiting: s.Waiting, Delayed: s.Delayed, Out: s.Out, Dead: s.Dead,
		OldestAgeMs: toMillis(s.OldestAge), Durability: text(string(s.Durability)),
	}
}

func toDeadPage(letters []contract.DeadLetter, next string) *pb.DeadPage {
	page := &pb.DeadPage{Next: text(next)}
	for _, d := range letters {
		page.Letters = append(page.Letters, &pb.DeadLetter{
			Job: toJob(d.Job), Attempts: d.Attempts, Reason: text(d.Reason), DiedAtUnixMs: toUnixMillis(d.DiedAt),
		})
	}
	return page
}
