package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	mostEntries = 10
	// mostBatch is what all SQS endpoints take as the sum of a batch, whose
	// messages are no larger than that themselves.
	mostBatch = 256 << 10
)

// parcel is a message on its way to SQS.
type parcel struct {
	id    string // of the job
	group string
	text  string
	delay time.Duration
	token string // for deduplication, FIFO only
	err   error  // the outcome
}

// nextBatch picks from parcels, in order, what one call takes: ten entries and
// mostBatch bytes, or one larger parcel alone. With oncePerGroup, no two of a
// group: if SQS refused the first of them and took the second, their order
// would be lost. Both results keep the order.
func nextBatch(parcels []*parcel, oncePerGroup bool) (batch, rest []*parcel) {
	size, seen := 0, map[string]bool{}
	for _, p := range parcels {
		fits := len(batch) < mostEntries && (len(batch) == 0 || size+len(p.text) <= mostBatch)
		if !fits || oncePerGroup && seen[p.group] {
			rest = append(rest, p)
			seen[p.group] = true // those behind it stay behind it
			continue
		}
		batch = append(batch, p)
		seen[p.group] = true
		size += len(p.text)
	}
	return batch, rest
}

// sendAll sends parcels and sets the outcome of each. In a FIFO queue what
// stands behind a parcel of its group that failed is not sent and fails too.
func (l *line) sendAll(ctx context.Context, url string, parcels []*parcel) {
	fifo := l.q.opts.FIFO
	for len(parcels) > 0 {
		var batch []*parcel
		batch, parcels = nextBatch(parcels, fifo)
		l.sendBatch(ctx, url, batch)
		parcels = failBehind(batch, parcels, fifo)
	}
}

// failBehind fails those of rest that cannot be sent after what happened to
// batch, and returns the others.
func failBehind(batch, rest []*parcel, fifo bool) []*parcel {
	failed := map[string]error{}
	var end error
	for _, p := range batch {
		if p.err != nil && endsAll(p.err) {
			end = p.err
		}
		if p.err != nil && fifo {
			failed[p.group] = p.err
		}
	}
	var left []*parcel
	for _, p := range rest {
		if p.err = failed[p.group]; p.err == nil {
			p.err = end
		}
		if p.err == nil {
			left = append(left, p)
		}
	}
	return left
}

func (l *line) sendBatch(ctx context.Context, url string, batch []*parcel) {
	in := &sqs.SendMessageBatchInput{QueueUrl: aws.String(url)}
	for i, p := range batch {
		in.Entries = append(in.Entries, l.entry(i, p))
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := l.q.api.SendMessageBatch(ctx, in)
	for i, err := range l.q.saw(sendOutcomes(len(batch), out, err)) {
		batch[i].err = err
	}
}

const callSend = "sqs:SendMessage"

func sendOutcomes(n int, out *sqs.SendMessageBatchOutput, err error) []error {
	if err != nil {
		return sameError(failure(callSend, err), n)
	}
	done := make([]*string, len(out.Successful))
	for i, s := range out.Successful {
		done[i] = s.Id
	}
	return outcomes(callSend, n, done, out.Failed)
}

func (l *line) entry(i int, p *parcel) types.SendMessageBatchRequestEntry {
	e := types.SendMessageBatchRequestEntry{Id: entryID(i), MessageBody: aws.String(p.text)}
	if l.q.opts.FIFO {
		e.MessageGroupId, e.MessageDeduplicationId = aws.String(token(p.group)), aws.String(p.token)
	} else {
		e.DelaySeconds = int32(wholeSeconds(min(p.delay, mostDelay)))
	}
	return e
}

// wholeSeconds rounds up, for SQS knows no less.
func wholeSeconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}

// pack makes the parcel of a job, or says why it cannot be sent.
func (l *line) pack(j contract.Job, limit int) (*parcel, error) {
	e, err := sealJob(j, time.Now())
	if err != nil {
		return nil, err
	}
	text, err := e.encode()
	if err != nil {
		return nil, err
	}
	if len(text) > limit {
		return nil, fmt.Errorf("%w: the job has %d bytes as a message and the SQS queue takes at most %d; "+
			"raise the queue's MaximumMessageSize", contract.ErrInvalid, len(text), limit)
	}
	return &parcel{id: j.ID, group: j.GroupKey, text: text, delay: j.Delay, token: token(j.ID)}, nil
}

// consignment is what one call of enqueue does with its jobs.
type consignment struct {
	errs    []error
	parcels []*parcel         // to be sent
	of      []*parcel         // by job; nil: settled without one of our own
	first   map[string]int    // the first job with an id
	behind  []<-chan struct{} // other calls that store some of the jobs
	waiting []int             // those jobs
}

// enqueue stores jobs of this line; errs[i] is the answer for jobs[i].
func (l *line) enqueue(ctx context.Context, jobs []contract.Job) []error {
	at := l.place()
	c := &consignment{errs: make([]error, len(jobs)), of: make([]*parcel, len(jobs)), first: map[string]int{}}
	for i, j := range jobs {
		if _, again := c.first[j.ID]; !again {
			c.first[j.ID] = i
			l.take(c, i, j, at.limit)
		}
	}
	l.sendAll(ctx, at.url, c.parcels)
	for _, p := range c.parcels {
		l.sent(p)
	}
	for i, p := range c.of {
		if p != nil {
			c.errs[i] = p.err
		}
	}
	l.follow(ctx, c, jobs)
	for i, j := range jobs {
		c.errs[i] = c.errs[c.first[j.ID]]
	}
	return c.errs
}

// take decides what to do with one job.
func (l *line) take(c *consignment, i int, j contract.Job, limit int) {
	p, err := l.pack(j, limit)
	if err != nil {
		c.errs[i] = err
		return
	}
	mine, busy := true, (<-chan struct{})(nil)
	if !l.q.opts.FIFO { // a FIFO queue itself knows what it has
		mine, busy = l.claims.claim(j.ID)
	}
	switch {
	case mine:
		c.of[i] = p
		c.parcels = append(c.parcels, p)
	case busy != nil:
		c.waiting, c.behind = append(c.waiting, i), append(c.behind, busy)
	}
}

// follow waits for the calls that store some of the jobs and then enqueues those
// again: what is stored is not stored twice.
func (l *line) follow(ctx context.Context, c *consignment, jobs []contract.Job) {
	if len(c.waiting) == 0 {
		return
	}
	var again []contract.Job
	for n, i := range c.waiting {
		select {
		case <-c.behind[n]:
		case <-ctx.Done():
		}
		c.errs[i] = fmt.Errorf("%w: wait for another call with the same job", contract.ErrTimeout)
		again = append(again, jobs[i])
	}
	if ctx.Err() != nil {
		return
	}
	for n, err := range l.enqueue(ctx, again) {
		c.errs[c.waiting[n]] = err
	}
}

func (l *line) sent(p *parcel) {
	if !l.q.opts.FIFO {
		l.claims.settle(p.id, p.err == nil)
	}
	if p.err == nil {
		l.q.counts.enqueued.Add(1)
	}
}
