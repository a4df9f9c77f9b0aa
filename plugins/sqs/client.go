package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/logging"

	"github.com/jackfield/jackfield/sdk/wholebody"
)

const (
	// callTimeout bounds a call that does not wait for jobs.
	callTimeout = 5 * time.Second
	dialTimeout = 2 * time.Second
	// attempts of one call within its deadline; who called tries again anyway.
	tries       = 2
	tryAgain    = 100 * time.Millisecond
	connections = 64
)

// service is what the driver uses of the SQS client.
type service interface {
	GetQueueUrl(context.Context, *sqs.GetQueueUrlInput, ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
	CreateQueue(context.Context, *sqs.CreateQueueInput, ...func(*sqs.Options)) (*sqs.CreateQueueOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	SetQueueAttributes(context.Context, *sqs.SetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.SetQueueAttributesOutput, error)
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessageBatch(context.Context, *sqs.DeleteMessageBatchInput, ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error)
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
	ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
}

// newClient makes the SQS client. It calls nothing but what the credentials need.
func newClient(ctx context.Context, o *options) (service, error) {
	load := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithRegion(o.Region),
		awsconfig.WithHTTPClient(newHTTPClient()),
		awsconfig.WithRetryer(newRetryer),
		awsconfig.WithLogger(logging.Nop{}), // what came of a call is told by its error
	}
	if o.ProfileName != "" {
		load = append(load, awsconfig.WithSharedConfigProfile(o.ProfileName))
	}
	if o.AccessKeyID != "" {
		load = append(load, awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(
			o.AccessKeyID, o.SecretAccessKey.Reveal(), o.SessionToken.Reveal())))
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, load...)
	if err != nil {
		var p problems
		p.addf("aws_profile_name", "the AWS settings cannot be used: %v; correct the profile, the shared AWS files or the AWS_* variables", err)
		return nil, p.err()
	}
	cfg.Credentials = &namedCredentials{cfg.Credentials}
	if err := checkCredentials(ctx, cfg.Credentials); err != nil {
		return nil, err
	}
	return sqs.NewFromConfig(cfg, func(s *sqs.Options) {
		s.HTTPClient = &wholebody.Client{Next: s.HTTPClient}
		if o.EndpointURL != "" {
			s.BaseEndpoint = aws.String(o.EndpointURL)
		}
	}), nil
}

func newHTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = connections })
}

// newRetryer tries again once and soon: deadlines are short, and what came of a
// call is told to who can wait.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = tries, tryAgain, ratelimit.None
	})
}

// namedCredentials makes it known that it was the credentials that failed.
type namedCredentials struct{ aws.CredentialsProvider }

// Retrieve wraps errors in errNoCredentials.
func (n *namedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := n.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", errNoCredentials, err)
	}
	return c, err
}

// checkCredentials fails if there are none for sure. A source that does not
// answer in time, such as that of a machine's role, may do so later.
func checkCredentials(ctx context.Context, c aws.CredentialsProvider) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout/2)
	defer cancel()
	_, err := c.Retrieve(ctx)
	if err == nil || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return failure("sign requests", err)
}
