package main

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	callReceive = "sqs:ReceiveMessage"
	// answerTimeout bounds a receive call, beyond its wait for messages. It is long
	// because SQS hides messages that it gave to a call which was cut off.
	answerTimeout = 15 * time.Second
	// unanswered is for how long, at most, a call hides messages before there is
	// an answer, unless visibility_timeout is longer.
	unanswered = 20 * time.Second
	// mostRetried is how long SQS knows the id of a receive call; it says five minutes.
	mostRetried = 4 * time.Minute
)

// asking is one wish for messages. SQS may have given them to a try whose
// answer was lost, and hides them then. A FIFO queue gives the same ones to a
// try with the same id.
type asking struct {
	url   string
	most  int
	wait  int64 // seconds
	hides time.Duration
	id    string    // of all tries; "" in standard queues
	until time.Time // when another try is another wish
}

func (q *queue) ask(url string, most int, wait int64, hides time.Duration) *asking {
	a := &asking{url: url, most: most, wait: wait, hides: hides}
	if q.opts.FIFO {
		a.id, a.until = rand.Text(), time.Now().Add(min(hides, mostRetried))
	}
	return a
}

// isOpen is whether another try gets what an earlier one was given.
func (a *asking) isOpen() bool { return time.Now().Before(a.until) }

// isLost is whether an error leaves open what SQS did.
func isLost(err error) bool {
	return errors.Is(err, contract.ErrTimeout) || errors.Is(err, contract.ErrOverloaded) ||
		errors.Is(err, contract.ErrUnavailable) && !errors.Is(err, errQueueGone)
}

// once keeps the SDK from trying a call again by itself.
func once(o *sqs.Options) { o.Retryer = aws.NopRetryer{} }

// try makes one receive call. The SDK makes no second one: nobody would know of
// the messages that the first was given.
func (q *queue) try(ctx context.Context, a *asking) ([]*message, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(a.wait)*time.Second+answerTimeout)
	defer cancel()
	in := &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(a.url), MaxNumberOfMessages: int32(a.most), WaitTimeSeconds: int32(a.wait),
		VisibilityTimeout: int32(wholeSeconds(a.hides)), MessageSystemAttributeNames: wantedAttributes,
		MessageAttributeNames: []string{reasonAttribute},
	}
	if a.id != "" {
		in.ReceiveRequestAttemptId = aws.String(a.id)
	}
	out, err := q.api.ReceiveMessage(ctx, in, once)
	if err = q.saw1(failure(callReceive, err)); err != nil {
		return nil, err
	}
	now := time.Now()
	messages := make([]*message, len(out.Messages))
	for i, m := range out.Messages {
		messages[i] = newMessage(m, now, a.hides)
	}
	return messages, nil
}

var wantedAttributes = []types.MessageSystemAttributeName{
	types.MessageSystemAttributeNameApproximateReceiveCount,
	types.MessageSystemAttributeNameApproximateFirstReceiveTimestamp,
	types.MessageSystemAttributeNameSentTimestamp,
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
