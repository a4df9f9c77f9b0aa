package wire

import (
	"context"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// queueCall has room for the frequent operation, so that it needs no memory.
type queueCall struct {
	call  call[pb.QueueOp, pb.QueueResult]
	body  pb.QueueOp
	job   pb.Job
	jobOp pb.QueueOp_Enqueue
}

func newQueueCall(recycle func(*queueCall)) *queueCall {
	k := new(queueCall)
	k.call.op = &k.body
	k.jobOp.Enqueue = &k.job
	k.call.recycle = func() { recycle(k) }
	return k
}

func (q *Queue) call(size int) *queueCall {
	k := q.pool.get(newQueueCall)
	k.call.start()
	k.call.size = size + opOverhead
	return k
}

// dead is call for an operation on dead letters, with the texts in it.
func (q *Queue) dead(size int, texts ...string) (*queueCall, error) {
	if err := q.opts.need(contract.CapQueueDead); err != nil {
		return nil, err
	}
	if err := checkText("queue, page token or id", texts...); err != nil {
		return nil, err
	}
	return q.call(size), nil
}

func (q *Queue) enqueue(job contract.Job) *queueCall {
	k := q.call(len(job.Queue) + len(job.ID) + len(job.GroupKey) + len(job.Body))
	k.job.Queue, k.job.Id, k.job.GroupKey = job.Queue, job.ID, job.GroupKey
	k.job.Body = keep(k.job.Body, job.Body)
	k.job.DelayMs, k.job.MaxAttempts = toMillis(job.Delay), job.MaxAttempts
	k.body.Op = &k.jobOp
	return k
}

func (q *Queue) do(ctx context.Context, k *queueCall) (*pb.QueueResult, error) {
	return queueOutcome(q.x.do(ctx, &k.call))
}

func queueOutcome(res *pb.QueueResult, err error) (*pb.QueueResult, error) {
	if err == nil {
		err = fromFailure(res.GetFailure())
	}
	return res, err
}

func toJob(job contract.Job) *pb.Job {
	return &pb.Job{
		Queue: text(job.Queue), Id: text(job.ID), GroupKey: text(job.GroupKey), Body: job.Body,
		DelayMs: toMillis(job.Delay), MaxAttempts: job.MaxAttempts,
	}
}

func fromJob(j *pb.Job) contract.Job {
	return contract.Job{
		Queue: j.GetQueue(), ID: j.GetId(), GroupKey: j.GetGroupKey(), Body: j.GetBody(),
		Delay: fromMillis(j.GetDelayMs()), MaxAttempts: j.GetMaxAttempts(),
	}
}

// textBytes is what texts take on the wire, about.
func textBytes(texts []string) int {
	n := 0
	for _, t := range texts {
		n += len(t) + 2
	}
	return n
}
