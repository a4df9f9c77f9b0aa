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
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: aws.String(url)}
		for i, handle := range some {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
				Id: entryID(i), ReceiptHandle: aws.String(handle), VisibilityTimeout: 0,
			})
		}
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		_, err := q.api.ChangeMessageVisibilityBatch(ctx, in)
		cancel()
		_ = q.saw1(failure(callHide, err))
	}
}
