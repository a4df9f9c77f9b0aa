package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
)

// pulse knows whether SQS answers, from what the calls came to.
type pulse struct {
	log   hclog.Logger
	where string

	mu      sync.Mutex
	goodAt  time.Time
	failing error
}

// freshness is how long an answer proves that SQS is there. Long polls give
// such answers without a call of their own.
const freshness = 10 * time.Second

// beat notes the end of a call; changes for the worse and back are logged once.
func (p *pulse) beat(err error) {
	away := errors.Is(err, contract.ErrUnavailable) && !errors.Is(err, errQueueGone) || errors.Is(err, contract.ErrAuth)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case away && p.failing == nil:
		p.log.Error("SQS cannot be used; check queue.sqs.endpoint_url, queue.sqs.region and the network", "endpoint", p.where, "err", err)
		p.failing = err
	case away:
		p.failing = err
	case errors.Is(err, contract.ErrTimeout): // says nothing of the endpoint
	default:
		if p.failing != nil {
			p.log.Info("SQS answers again", "endpoint", p.where)
		}
		p.failing, p.goodAt = nil, time.Now()
	}
}

func (p *pulse) isFresh() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failing == nil && time.Since(p.goodAt) < freshness
}

// where names the endpoint to people.
func (o *options) where() string {
	if o.EndpointURL != "" {
		return o.EndpointURL
	}
	return "AWS region " + o.Region
}

// saw1 notes what a call came to.
func (q *queue) saw1(err error) error {
	q.pulse.beat(err)
	if errors.Is(err, contract.ErrOverloaded) {
		q.counts.throttled.Add(1)
	}
	return err
}

// saw notes what the entries of a batch came to.
func (q *queue) saw(errs []error) []error {
	for _, err := range errs {
		if err == nil || endsAll(err) {
			_ = q.saw1(err)
			break
		}
	}
	return errs
}

// probe is the queue that is looked for to find out whether SQS is there while
// no queue is used.
const probe = "webhooks"

// Health asks SQS, unless a call has succeeded a moment ago.
func (q *queue) Health(ctx context.Context) error {
	if q.pulse.isFresh() {
		return nil
	}
	_, err := q.api.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(suffixed(probe, q.opts.FIFO))})
	err = failure("sqs:GetQueueUrl", err)
	q.pulse.beat(err)
	if err == nil || errors.Is(err, errQueueGone) {
		return nil
	}
	return fmt.Errorf("SQS at %s: %w; check queue.sqs.endpoint_url, queue.sqs.region and the credentials", q.opts.where(), err)
}
