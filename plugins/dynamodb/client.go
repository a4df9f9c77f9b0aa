package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"
	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wholebody"
)

const (
	attempts  = 3
	mostPause = 300 * time.Millisecond
	idleConns = 64
)

// connect returns a client and the transport that it uses, which the caller
// closes. Of the server only credentials are asked for.
func connect(ctx context.Context, o *options, log hclog.Logger) (*dynamodb.Client, *http.Transport, error) {
	cfg, err := config.LoadDefaultConfig(ctx, settings(o, log)...)
	if err != nil {
		return nil, nil, contract.OptionErrors{{Path: o.source(), Problem: fmt.Sprintf("the AWS settings of environment and shared files cannot be used: %v; correct them, or what names them", err)}}
	}
	transport := awshttp.NewBuildableClient().GetTransport()
	if client, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		transport = client.GetTransport() // with the authorities of AWS_CA_BUNDLE
	}
	transport.MaxIdleConnsPerHost = idleConns
	if _, err := (known{cfg.Credentials}).Retrieve(ctx); err != nil {
		return nil, nil, err
	}
	return dynamodb.NewFromConfig(cfg, func(d *dynamodb.Options) {
		if o.EndpointURL != "" {
			d.BaseEndpoint = aws.String(o.EndpointURL)
		}
		d.Credentials = known{cfg.Credentials}
		d.HTTPClient = &wholebody.Client{Next: &http.Client{Transport: transport, CheckRedirect: stay}}
		d.Retryer = patient(retry.DefaultRetryables)
	}), transport, nil
}

// settings say what the AWS chain need not find out.
func settings(o *options, log hclog.Logger) []func(*config.LoadOptions) error {
	set := []func(*config.LoadOptions) error{
		config.WithRegion(o.Region), config.WithHTTPClient(awshttp.NewBuildableClient()), config.WithLogger(quiet(log)),
	}
	if o.AccessKeyID != "" {
		set = append(set, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(
			o.AccessKeyID, o.SecretAccessKey.Reveal(), o.SessionToken.Reveal())))
	}
	if o.ProfileName != "" {
		set = append(set, config.WithSharedConfigProfile(o.ProfileName))
	}
	return set
}

// quiet takes what the SDK has to say about itself, which is for developers.
func quiet(log hclog.Logger) logging.Logger {
	return logging.LoggerFunc(func(_ logging.Classification, format string, args ...any) {
		log.Debug("AWS SDK: " + fmt.Sprintf(format, args...))
	})
}

// stay follows no redirect: DynamoDB sends none, and requests are signed for their host.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func patient(retryables []retry.IsErrorRetryable) aws.Retryer {
	return retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts, s.MaxBackoff, s.Retryables = attempts, mostPause, retryables
	})
}

// once is the option of calls that change something: they are repeated only if
// the server said that it had done nothing.
func once(d *dynamodb.Options) {
	d.Retryer = patient([]retry.IsErrorRetryable{retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes}})
}

// known makes an error of the credentials' source recognisable.
type known struct{ aws.CredentialsProvider }

// Retrieve returns credentials, or an error that is contract.ErrAuth.
func (k known) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := k.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return creds, fmt.Errorf("%w: database.dynamodb.aws_access_key_id: there are no AWS credentials; set it and aws_secret_access_key, "+
			"or the AWS_* names of the environment, a profile, or a role: %w", contract.ErrAuth, err)
	}
	return creds, nil
}
