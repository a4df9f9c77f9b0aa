package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/jackfield/jackfield/sdk/contract"
)

// errQueueGone is found in the error of a call on a queue that does not exist.
var errQueueGone = errors.New("the queue does not exist")

// errNoCredentials is found in the error of a call that could not be signed.
var errNoCredentials = errors.New("found no AWS credentials")

// throttled is the hint of calls that SQS refused because of their number.
const throttled = time.Second

// kinds are the errors of the contract by SQS's code; see kindOf for the rest.
var kinds = map[string]error{
	"ThrottlingException": contract.ErrOverloaded, "Throttling": contract.ErrOverloaded,
	"RequestThrottled": contract.ErrOverloaded, "RequestThrottledException": contract.ErrOverloaded,
	"RequestLimitExceeded": contract.ErrOverloaded, "TooManyRequestsException": contract.ErrOverloaded,
	"SlowDown": contract.ErrOverloaded, "OverLimit": contract.ErrOverloaded, "KmsThrottled": contract.ErrOverloaded,

	"AccessDenied": contract.ErrAuth, "AccessDeniedException": contract.ErrAuth, "NotAuthorized": contract.ErrAuth,
	"InvalidClientTokenId": contract.ErrAuth, "UnrecognizedClientException": contract.ErrAuth,
	"SignatureDoesNotMatch": contract.ErrAuth, "InvalidSignatureException": contract.ErrAuth,
	"IncompleteSignature": contract.ErrAuth, "MissingAuthenticationToken": contract.ErrAuth,
	"InvalidAccessKeyId": contract.ErrAuth, "ExpiredToken": contract.ErrAuth, "ExpiredTokenException": contract.ErrAuth,
	"OptInRequired": contract.ErrAuth, "InvalidSecurity": contract.ErrAuth, "KmsAccessDenied": contract.ErrAuth,

	"QueueDoesNotExist": errQueueGone, "AWS.SimpleQueueService.NonExistentQueue": errQueueGone,
	"QueueDeletedRecently": contract.ErrUnavailable, "AWS.SimpleQueueService.QueueDeletedRecently": contract.ErrUnavailable,

	"ReceiptHandleIsInvalid": contract.ErrNotFound, "MessageNotInflight": contract.ErrNotFound,
	"AWS.SimpleQueueService.MessageNotInflight": contract.ErrNotFound,
}

// kindOf returns the error of the contract for a code of SQS.
func kindOf(code string, status int, fault smithy.ErrorFault) error {
	kind, known := kinds[code[strings.LastIndexByte(code, '#')+1:]] // some name it with its namespace
	switch {
	case known:
		return kind
	case status == 429:
		return contract.ErrOverloaded
	case status == 401 || status == 403:
		return contract.ErrAuth
	case status >= 500 || status == 0 && fault != smithy.FaultClient:
		return contract.ErrUnavailable
	default:
		return contract.ErrInvalid
	}
}

// failure turns the error of an AWS call, named by its right ("sqs:SendMessage"),
// into one of the contract.
func failure(call string, err error) error {
	api, isAPI := errors.AsType[smithy.APIError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: %s", contract.ErrTimeout, call)
	case errors.Is(err, errNoCredentials):
		return fmt.Errorf("%w: %s: %w: set queue.sqs.aws_access_key_id and aws_secret_access_key, "+
			"or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or give the machine a role", contract.ErrAuth, call, errNoCredentials)
	case !isAPI:
		return fmt.Errorf("%w: %s: %w", contract.ErrUnavailable, call, rootOf(err))
	}
	status := 0
	if s, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		status = s.HTTPStatusCode()
	}
	return refusal(call, kindOf(api.ErrorCode(), status, api.ErrorFault()), api.ErrorCode(), api.ErrorMessage())
}

// refusal is the error of a call, or of one entry of a batch, that SQS refused.
func refusal(call string, kind error, code, message string) error {
	switch {
	case errors.Is(kind, errQueueGone):
		return fmt.Errorf("%w: %s: %w", contract.ErrUnavailable, call, errQueueGone)
	case errors.Is(kind, contract.ErrOverloaded):
		return &contract.RetryError{Err: fmt.Errorf("%w: %s: %s: %s", kind, call, code, message), After: throttled}
	case errors.Is(kind, contract.ErrAuth):
		return fmt.Errorf("%w: %s: %s: %s; check the credentials, that they may do %s on this queue, and queue.sqs.region",
			kind, call, code, message, call)
	default:
		return fmt.Errorf("%w: %s: %s: %s", kind, call, code, message)
	}
}

// rootOf is the innermost error, which says what happened without how often.
func rootOf(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// endsAll is whether an error concerns the endpoint and not one job: nothing
// else is worth sending now.
func endsAll(err error) bool {
	return errors.Is(err, contract.ErrUnavailable) || errors.Is(err, contract.ErrTimeout) ||
		errors.Is(err, contract.ErrAuth) || errors.Is(err, contract.ErrOverloaded)
}
