package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/jackfield/jackfield/sdk/appstore"
	"github.com/jackfield/jackfield/sdk/contract"
)

var (
	// errNoTable: the table does not exist.
	errNoTable = fmt.Errorf("%w: there is no such table; it is created when the plugin starts", contract.ErrUnavailable)
	// errInUse: somebody else changes the table at this moment.
	errInUse = fmt.Errorf("%w: the table is being changed", contract.ErrUnavailable)
	// errRefused: DynamoDB takes exception to the request itself.
	errRefused = fmt.Errorf("%w: the request was refused", contract.ErrUnavailable)
)

const noRight = "give this identity the right that is named here, or use another in database.dynamodb.aws_access_key_id"

// refusals are the codes with which AWS turns credentials down, and why.
var refusals = map[string]string{
	"AccessDeniedException":           noRight,
	"NotAuthorized":                   noRight,
	"UnrecognizedClientException":     "correct database.dynamodb.aws_access_key_id and aws_secret_access_key",
	"InvalidClientTokenId":            "correct database.dynamodb.aws_access_key_id, or give aws_session_token with it",
	"InvalidSignatureException":       "correct database.dynamodb.aws_secret_access_key; also check this machine's clock",
	"IncompleteSignature":             "correct database.dynamodb.aws_secret_access_key",
	"IncompleteSignatureException":    "correct database.dynamodb.aws_secret_access_key",
	"SignatureDoesNotMatch":           "correct database.dynamodb.aws_secret_access_key",
	"MissingAuthenticationToken":      "set database.dynamodb.aws_access_key_id and aws_secret_access_key",
	"MissingAuthenticationTokenError": "set database.dynamodb.aws_access_key_id and aws_secret_access_key",
	"ExpiredToken":                    "renew the temporary credentials",
	"ExpiredTokenException":           "renew the temporary credentials",
	"SubscriptionRequiredException":   "subscribe the AWS account to DynamoDB",
}

// throttlePause is how long a caller should leave a table alone that throttles.
const throttlePause = time.Second

// fail counts an error and makes it one of the contract's. What is said names
// the table and, where it may be wrong, the option.
func (s *store) fail(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return appstore.ErrChanged
	}
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		return s.failed(errNoTable, "")
	}
	if _, ok := errors.AsType[*types.ResourceInUseException](err); ok {
		return s.failed(errInUse, "")
	}
	api, answered := errors.AsType[smithy.APIError](err)
	switch {
	case errors.Is(err, contract.ErrAuth):
		return s.failed(err, "")
	case ctx.Err() != nil:
		return s.failed(contract.ErrTimeout, s.where()+" did not answer in time; correct it or look at what is there")
	case !answered:
		return s.failed(contract.ErrUnavailable, fmt.Sprintf("%s does not answer; correct it or start what is there: %v", s.where(), cause(err)))
	}
	if _, throttled := retry.DefaultThrottleErrorCodes[api.ErrorCode()]; throttled {
		s.throttled.Add(1)
		return s.failed(&contract.RetryError{Err: contract.ErrOverloaded, After: throttlePause}, said(api))
	}
	if cure, refused := refusals[api.ErrorCode()]; refused {
		return s.failed(contract.ErrAuth, cure+": "+said(api))
	}
	if api.ErrorCode() == "ValidationException" {
		return s.failed(errRefused, said(api))
	}
	return s.failed(contract.ErrUnavailable, said(api))
}

func (s *store) failed(kind error, detail string) error {
	s.failures.Add(1)
	if detail == "" {
		return fmt.Errorf("table %q: %w", s.opts.TableName, kind)
	}
	return fmt.Errorf("table %q: %w: %s", s.opts.TableName, kind, detail)
}

// where names the option that says where DynamoDB is.
func (s *store) where() string {
	if s.opts.EndpointURL != "" {
		return fmt.Sprintf("database.dynamodb.endpoint_url %q", s.opts.EndpointURL)
	}
	return fmt.Sprintf("database.dynamodb.region %q", s.opts.Region)
}

func said(err smithy.APIError) string {
	if err.ErrorMessage() == "" {
		return err.ErrorCode()
	}
	return err.ErrorCode() + ": " + err.ErrorMessage()
}

// cause leaves out what the SDK says around an error of the network.
func cause(err error) error {
	if sent, ok := errors.AsType[*url.Error](err); ok {
		return sent.Err
	}
	return err
}
