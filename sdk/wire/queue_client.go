package wire

import (
	"context"
	"slices"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// Queue is the client of a queue driver.
type Queue struct {
	opts ClientOptions
	api  pb.QueueClient
	x    exchange[pb.QueueOp, pb.QueueResult]
	pool callPool[queueCall]
}

var _ interface {
	contract.Queue
	contract.DeadLetters
} = (*Queue)(nil)

// NewQueue returns a client of the queue that the plugin behind cc has open.
func NewQueue(cc grpc.ClientConnInterface, opts ClientOptions) *Queue {
	api := pb.NewQueueClient(cc)
	return &Queue{opts: opts, api: api, x: newExchange[pb.QueueOp, pb.QueueResult](opts, service[pb.QueueOp, pb.QueueResult]{
		header: func(op *pb.QueueOp, id uint64, ms int64) { op.Id, op.DeadlineMs = id, ms },
		call: func(ctx context.Context, ops []*pb.QueueOp) ([]*pb.QueueResult, error) {
			resp, err := api.Batch(ctx, &pb.QueueBatchRequest{Ops: ops})
			return resp.GetResults(), err
		},
		open: func(ctx context.Context) (batchStream[pb.QueueOp, pb.QueueResult], error) {
			s, err := api.Pipe(ctx)
			return &queueStream{s: s}, err
		},
	})}
}

type queueStream struct {
	s   grpc.BidiStreamingClient[pb.QueueBatchRequest, pb.QueueBatchResponse]
	req pb.QueueBatchRequest
}

func (s *queueStream) send(ops []*pb.QueueOp) error {
	s.req.Ops = ops
	return s.s.Send(&s.req)
}

func (s *queueStream) recv() ([]*pb.QueueResult, error) {
	resp, err := s.s.Recv()
	return resp.GetResults(), err
}

// Close ends the client's operations with ErrClosed; consumers have a Close of their own.
func (q *Queue) Close() error { return q.x.Close() }

// Enqueue implements contract.Queue.
func (q *Queue) Enqueue(ctx context.Context, jobs []contract.Job) []error {
	errs := make([]error, len(jobs))
	calls, at := make([]*call[pb.QueueOp, pb.QueueResult], 0, len(jobs)), make([]int, 0, len(jobs))
	for i, job := range jobs {
		if errs[i] = checkText("job", job.Queue, job.ID, job.GroupKey); errs[i] == nil {
			calls, at = append(calls, &q.enqueue(job).call), append(at, i)
		}
	}
	for j, a := range q.x.doMany(ctx, calls) {
		_, errs[at[j]] = queueOutcome(a.res, a.err)
	}
	return errs
}

// Stats implements contract.Queue.
func (q *Queue) Stats(ctx context.Context, queue string) (contract.QueueStats, error) {
	if err := checkText("queue", queue); err != nil {
		return contract.QueueStats{}, err
	}
	k := q.call(len(queue))
	k.body.Op = &pb.QueueOp_Stats{Stats: &pb.QueueStatsQuery{Queue: queue}}
	res, err := q.do(ctx, k)
	s := res.GetStats()
	return contract.QueueStats{
		Waiting: s.GetWaiting(), Delayed: s.GetDelayed(), Out: s.GetOut(), Dead: s.GetDead(),
		OldestAge: fromMillis(s.GetOldestAgeMs()), Durability: contract.Durability(s.GetDurability()),
	}, err
}

// ListDead implements contract.DeadLetters.
func (q *Queue) ListDead(ctx context.Context, queue, pageToken string, limit int) ([]contract.DeadLetter, string, error) {
	k, err := q.dead(len(queue)+len(pageToken), queue, pageToken)
	if err != nil {
		return nil, "", err
	}
	k.body.Op = &pb.QueueOp_ListDead{ListDead: &pb.DeadList{Queue: queue, PageToken: pageToken, Limit: toLimit(limit)}}
	res, err := q.do(ctx, k)
	if err != nil {
		return nil, "", err
	}
	var letters []contract.DeadLetter
	for _, d := range res.GetDead().GetLetters() {
		letters = append(letters, contract.DeadLetter{
			Job: fromJob(d.GetJob()), Attempts: d.GetAttempts(), Reason: d.GetReason(), DiedAt: fromUnixMillis(d.GetDiedAtUnixMs()),
		})
	}
	return letters, res.GetDead().GetNext(), nil
}

// ReplayDead implements contract.DeadLetters.
func (q *Queue) ReplayDead(ctx context.Context, queue string, ids []string) (int64, error) {
	k, err := q.dead(textBytes(ids), append([]string{queue}, ids...)...)
	if err != nil {
		return 0, err
	}
	k.body.Op = &pb.QueueOp_ReplayDead{ReplayDead: &pb.DeadSelection{Queue: queue, Ids: slices.Clone(ids)}}
	res, err := q.do(ctx, k)
	return res.GetNumber(), err
}

// PurgeDead implements contract.DeadLetters.
func (q *Queue) PurgeDead(ctx context.Context, queue string, ids []string) (int64, error) {
	k, err := q.dead(textBytes(ids), append([]string{queue}, ids...)...)
	if err != nil {
		return 0, err
	}
	k.body.Op = &pb.QueueOp_PurgeDead{PurgeDead: &pb.DeadSelection{Queue: queue, Ids: slices.Clone(ids)}}
	res, err := q.do(ctx, k)
	return res.GetNumber(), err
}
