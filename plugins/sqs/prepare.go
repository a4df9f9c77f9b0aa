package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

// place is where the messages of a line are.
type place struct {
	url, dead string // URLs of the queue and its dead-letter queue
	limit     int    // bytes of a message
}

const (
	// mostReceives is SQS's largest maxReceiveCount. The plugin counts attempts
	// itself; SQS moves only what comes back without end.
	mostReceives = 1000
	// largestMessage is what SQS takes since 2025; queues made before have less.
	largestMessage = 1 << 20
	keepDead       = 14 * 24 * 3600 // seconds, the most
)

// redrive is SQS's rule for messages that are received too often.
type redrive struct {
	Target   string `json:"deadLetterTargetArn"`
	Receives count  `json:"maxReceiveCount"`
}

// count is a number that endpoints write as one or as text.
type count int

// UnmarshalJSON takes 5 and "5".
func (c *count) UnmarshalJSON(text []byte) error {
	s := string(text)
	if unquoted, err := strconv.Unquote(s); err == nil {
		s = unquoted
	}
	n, err := strconv.Atoi(s)
	*c = count(n)
	return err
}

// prepare finds the queues of a line and makes those that do not exist.
func (q *queue) prepare(ctx context.Context, name string) (place, error) {
	at := place{}
	var err error
	if at.url, err = q.find(ctx, name); err != nil {
		return at, err
	}
	attributes, err := q.attributes(ctx, at.url, types.QueueAttributeNameAll)
	if err != nil {
		return at, q.explainGone(err, at.url)
	}
	if err := q.checkType(at.url, attributes); err != nil {
		return at, err
	}
	at.limit = largestMessage
	if n, err := strconv.Atoi(attributes[string(types.QueueAttributeNameMaximumMessageSize)]); err == nil {
		at.limit = n
	}
	at.dead, err = q.findDead(ctx, name, at.url, attributes[string(types.QueueAttributeNameRedrivePolicy)])
	return at, err
}

// find returns the URL of a queue that exists.
func (q *queue) find(ctx context.Context, name string) (string, error) {
	full := suffixed(name, q.opts.FIFO)
	if q.opts.QueueURL != "" {
		return q.opts.QueueURL, nil
	}
	if q.opts.QueueURLPrefix == "" {
		return q.lookUpOrCreate(ctx, full, "", nil)
	}
	return q.orCreate(ctx, q.opts.QueueURLPrefix+full, nil)
}

// orCreate returns a URL that was given, behind which there is a queue then.
func (q *queue) orCreate(ctx context.Context, url string, extra map[string]string) (string, error) {
	_, err := q.attributes(ctx, url, types.QueueAttributeNameQueueArn)
	if errors.Is(err, errQueueGone) {
		_, err = q.create(ctx, lastOf(url), extra)
	}
	return url, err
}

func (q *queue) lookUpOrCreate(ctx context.Context, name, owner string, extra map[string]string) (string, error) {
	in := &sqs.GetQueueUrlInput{QueueName: aws.String(name)}
	if owner != "" {
		in.QueueOwnerAWSAccountId = aws.String(owner)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := q.api.GetQueueUrl(ctx, in)
	if err = q.saw1(failure("sqs:GetQueueUrl", err)); errors.Is(err, errQueueGone) {
		return q.create(ctx, name, extra)
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.QueueUrl), nil
}

func (q *queue) create(ctx context.Context, name string, extra map[string]string) (string, error) {
	attributes := map[string]string{
		string(types.QueueAttributeNameVisibilityTimeout):  fmt.Sprint(q.opts.VisibilityTimeout),
		string(types.QueueAttributeNameMaximumMessageSize): fmt.Sprint(largestMessage),
	}
	if q.opts.FIFO {
		attributes[string(types.QueueAttributeNameFifoQueue)] = "true"
	}
	for k, v := range extra {
		attributes[k] = v
	}
	out, err := q.api.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes})
	if err = q.saw1(failure("sqs:CreateQueue", err)); err != nil {
		return "", fmt.Errorf("create queue %s: %w", name, err)
	}
	q.log.Info("created an SQS queue", "queue", name)
	return aws.ToString(out.QueueUrl), nil
}

// explainGone names the keys when a queue that was configured does not exist.
func (q *queue) explainGone(err error, url string) error {
	if !errors.Is(err, errQueueGone) || q.opts.QueueURL == "" && q.opts.QueueURLPrefix == "" {
		return err
	}
	return fmt.Errorf("%w: queue.sqs.queue_url or queue_url_prefix lead to %s, where no queue is; create it or correct the key", contract.ErrInvalid, url)
}

// checkType compares a queue with what the configuration says of it.
func (q *queue) checkType(url string, attributes map[string]string) error {
	if fifo := attributes[string(types.QueueAttributeNameFifoQueue)] == "true"; fifo != q.opts.FIFO {
		return fmt.Errorf("%w: queue.sqs.fifo is %t, but %s is not such a queue; change the key or name another queue",
			contract.ErrInvalid, q.opts.FIFO, url)
	}
	return nil
}

func (q *queue) attributes(ctx context.Context, url string, names ...types.QueueAttributeName) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := q.api.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(url), AttributeNames: names})
	if err = q.saw1(failure("sqs:GetQueueAttributes", err)); err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

// findDead returns the URL of the dead-letter queue: that which the queue's
// redrive policy names, else one of our own, which becomes its policy.
func (q *queue) findDead(ctx context.Context, name, url, policy string) (string, error) {
	var r redrive
	if policy != "" && json.Unmarshal([]byte(policy), &r) == nil {
		if target, ok := parseARN(r.Target); ok {
			q.warnEarly(name, int(r.Receives))
			return q.lookUpOrCreate(ctx, target.name, target.account, nil)
		}
	}
	if q.opts.QueueURL != "" {
		name = nameOf(url)
	}
	dead, err := q.findOwnDead(ctx, deadName(name, q.opts.FIFO))
	if err != nil {
		return "", err
	}
	return dead, q.setRedrive(ctx, url, dead)
}

func (q *queue) findOwnDead(ctx context.Context, full string) (string, error) {
	keep := map[string]string{string(types.QueueAttributeNameMessageRetentionPeriod): fmt.Sprint(keepDead)}
	if q.opts.QueueURLPrefix == "" {
		return q.lookUpOrCreate(ctx, full, "", keep)
	}
	return q.orCreate(ctx, q.opts.QueueURLPrefix+full, keep)
}

// warnEarly warns of a policy that ends jobs before their attempts are used up.
func (q *queue) warnEarly(name string, receives int) {
	if receives > 0 && receives < int(q.opts.Reliability.MaxAttempts) {
		q.log.Warn("the redrive policy of the SQS queue moves jobs to the dead letters before their attempts are used up; "+
			"raise its maxReceiveCount", "queue", name, "max_receive_count", receives, "max_attempts", q.opts.Reliability.MaxAttempts)
	}
}

// setRedrive makes dead the dead-letter queue of url. Without the right to do
// so all works, but for messages that come back a thousand times.
func (q *queue) setRedrive(ctx context.Context, url, dead string) error {
	attributes, err := q.attributes(ctx, dead, types.QueueAttributeNameQueueArn)
	if err != nil {
		return err
	}
	policy, err := json.Marshal(redrive{Target: attributes[string(types.QueueAttributeNameQueueArn)], Receives: mostReceives})
	if err != nil {
		return fmt.Errorf("%w: encode redrive policy: %w", contract.ErrInternal, err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err = q.api.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
		QueueUrl:   aws.String(url),
		Attributes: map[string]string{string(types.QueueAttributeNameRedrivePolicy): string(policy)},
	})
	if err = q.saw1(failure("sqs:SetQueueAttributes", err)); errors.Is(err, contract.ErrAuth) {
		q.log.Warn("the SQS queue gets no redrive policy; grant the right or set the policy yourself", "queue", url, "err", err)
		return nil
	}
	return err
}
