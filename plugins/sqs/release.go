package main

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const callHide = "sqs:ChangeMessageVisibility"

// hide keeps a received message from others for d from now, in whole seconds.
func (l *line) hide(ctx context.Context, m *message, d time.Duration) error {
	d = min(max(d, 0), time.Until(m.received.Add(mostVisibility)).Truncate(time.Second))
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := l.q.api.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: aws.String(l.place().url), ReceiptHandle: aws.String(m.handle), VisibilityTimeout: int32(max(wholeSeconds(d), 0)),
	})
	return l.q.saw1(notMine(failure(callHide, err)))
}

// giveBack lets a job that is out come again after d. What stands behind it in
// its group goes back first: it must not overtake.
func (l *line) giveBack(ctx context.Context, m *message, d time.Duration) error {
	if l.q.opts.FIFO {
		l.release(ctx, l.takeSpares(func(s *message) bool { return s.env.Group == m.env.Group }))
	}
	return l.hide(ctx, m, d)
}

// release gives back messages that were not handed over. One that SQS does not
// take back comes again when its visibility ends.
func (l *line) release(ctx context.Context, messages []*message) {
	for _, m := range messages {
		l.notHanded(m)
	}
	l.q.show(ctx, l.place().url, handlesOf(messages))
	if len(messages) > 0 {
		poke(l.wake)
	}
}

func handlesOf(messages []*message) []string {
	handles := make([]string, len(messages))
	for i, m := range messages {
		handles[i] = m.handle
	}
	return handles
}

// show makes messages visible again, as far as SQS lets it.
func (q *queue) show(ctx context.Context, url string, handles []string) {
	for some := range slices.Chunk(handles, mostEntries) {
		_ = q.hideSome(ctx, url, some, 0)
	}
}

// hideAll hides received messages for d from now. What SQS does not hide is good
// for no hand-over.
func (l *line) hideAll(ctx context.Context, messages []*message, d time.Duration) {
	now := time.Now()
	for i, err := range l.q.hideSome(ctx, l.place().url, handlesOf(messages), d) {
		messages[i].hidden = now
		if err == nil {
			messages[i].hidden = now.Add(d)
		}
	}
}

// hideSome hides at most ten messages for d from now and returns one error per
// message. It is bounded by callTimeout.
func (q *queue) hideSome(ctx context.Context, url string, handles []string, d time.Duration) []error {
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: aws.String(url)}
	for i, handle := range handles {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: entryID(i), ReceiptHandle: aws.String(handle), VisibilityTimeout: int32(wholeSeconds(d)),
		})
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := q.api.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return q.saw(sameError(failure(callHide, err), len(handles)))
	}
	done := make([]*string, len(out.Successful))
	for i, s := range out.Successful {
		done[i] = s.Id
	}
	return q.saw(outcomes(callHide, len(handles), done, out.Failed))
}
