package main

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Entries of a batch are named by their number.
func entryID(i int) *string { return aws.String(strconv.Itoa(i)) }

// outcomes returns one error per entry of a batch of n, from what SQS says of
// the entries by name. One that SQS does not mention may or may not be done.
func outcomes(call string, n int, done []*string, failed []types.BatchResultErrorEntry) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = fmt.Errorf("%w: %s: SQS said nothing of one of %d entries", contract.ErrUnavailable, call, n)
	}
	for _, id := range done {
		if i, ok := entryOf(id, n); ok {
			errs[i] = nil
		}
	}
	for _, f := range failed {
		if i, ok := entryOf(f.Id, n); ok {
			errs[i] = entryFailure(call, f)
		}
	}
	return errs
}

func entryOf(id *string, n int) (int, bool) {
	i, err := strconv.Atoi(aws.ToString(id))
	return i, err == nil && i >= 0 && i < n
}

// entryFailure is what SQS says of one entry.
func entryFailure(call string, f types.BatchResultErrorEntry) error {
	fault := smithy.FaultServer
	if f.SenderFault {
		fault = smithy.FaultClient
	}
	code := aws.ToString(f.Code)
	return refusal(call, kindOf(code, 0, fault), code, aws.ToString(f.Message))
}

// sameError is the answer to a batch whose call failed as a whole.
func sameError(err error, n int) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = err
	}
	return errs
}
