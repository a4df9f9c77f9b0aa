package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// The waits after a receive call that failed.
const (
	firstPause = 250 * time.Millisecond
	mostPause  = 10 * time.Second
)

// poll asks SQS for messages while somebody waits for jobs, until ctx or the
// line ends. No call is cut off because nobody waits any more: what it brings
// is given to others or back.
func (l *line) poll(ctx context.Context) {
	failures := 0
	for {
		n := l.wanted(ctx)
		if n == 0 {
			return
		}
		messages, err := l.receive(ctx, n)
		if err != nil {
			if errors.Is(err, errQueueGone) {
				l.repairSoon()
			}
			failures++
			if !pause(ctx, failurePause(failures)) {
				return
			}
			continue
		}
		failures = 0
		l.sift(ctx, messages)
		l.hand(ctx)
		if len(messages) == 0 && l.q.opts.WaitTimeSeconds == 0 && !pause(ctx, millis(l.q.opts.Reliability.WorkerPollIntervalMS)) {
			return
		}
	}
}

// failurePause doubles with each failure in a row and varies by half.
func failurePause(failures int) time.Duration {
	d := min(firstPause<<min(failures-1, 10), mostPause)
	return d/2 + rand.N(d/2)
}

// wanted waits until there is demand and returns how many messages to ask for;
// 0 when the line or ctx ended.
func (l *line) wanted(ctx context.Context) int {
	for {
		if n := l.demand(); n > 0 {
			return n
		}
		select {
		case <-l.wake:
		case <-l.closing:
			return 0
		case <-ctx.Done():
			return 0
		}
	}
}

func (l *line) demand() int {
	select {
	case <-l.closing:
		return 0
	default:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, w := range l.waiters {
		n += min(w.most, w.c.room())
	}
	return min(n, int(l.q.opts.MaxMessages))
}

// hides is for how long a received message is hidden from others.
func (l *line) hides() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	longest := time.Second
	for c := range l.consumers {
		longest = max(longest, c.lease)
	}
	return l.visibility(longest)
}

// visibility is for how long SQS hides a message whose lease is given.
func (l *line) visibility(lease time.Duration) time.Duration {
	least := time.Duration(l.q.opts.VisibilityTimeout) * time.Second
	return min(max(lease+margin, least), mostVisibility)
}

var wantedAttributes = []types.MessageSystemAttributeName{
	types.MessageSystemAttributeNameApproximateReceiveCount,
	types.MessageSystemAttributeNameApproximateFirstReceiveTimestamp,
	types.MessageSystemAttributeNameSentTimestamp,
}

func (l *line) receive(ctx context.Context, n int) ([]*message, error) {
	wait := l.q.opts.WaitTimeSeconds
	ctx, cancel := context.WithTimeout(ctx, time.Duration(wait)*time.Second+callTimeout)
	defer cancel()
	hides := l.hides()
	return l.q.receive(ctx, l.place().url, n, wait, hides)
}

// receive makes one receive call.
func (q *queue) receive(ctx context.Context, url string, n int, wait int64, hides time.Duration) ([]*message, error) {
	out, err := q.api.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(url), MaxNumberOfMessages: int32(n), WaitTimeSeconds: int32(wait),
		VisibilityTimeout: int32(wholeSeconds(hides)), MessageSystemAttributeNames: wantedAttributes,
		MessageAttributeNames: []string{reasonAttribute},
	})
	if err = q.saw1(failure("sqs:ReceiveMessage", err)); err != nil {
		return nil, err
	}
	now := time.Now()
	messages := make([]*message, len(out.Messages))
	for i, m := range out.Messages {
		messages[i] = newMessage(m, now, hides)
	}
	return messages, nil
}

func newMessage(m types.Message, now time.Time, hides time.Duration) *message {
	number := func(name types.MessageSystemAttributeName) int64 {
		n, _ := strconv.ParseInt(m.Attributes[string(name)], 10, 64)
		return n
	}
	msg := &message{
		body: aws.ToString(m.Body), id: aws.ToString(m.MessageId), handle: aws.ToString(m.ReceiptHandle),
		received: now, hidden: now.Add(hides),
		born:  time.UnixMilli(number(types.MessageSystemAttributeNameSentTimestamp)),
		first: time.UnixMilli(number(types.MessageSystemAttributeNameApproximateFirstReceiveTimestamp)),
		count: uint32(max(number(types.MessageSystemAttributeNameApproximateReceiveCount), 1)),
	}
	if reason, ok := m.MessageAttributes[reasonAttribute]; ok {
		msg.parked = aws.ToString(reason.StringValue)
	}
	return msg
}
