package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// Reasons that an error may carry beside its kind.
const (
	// ReasonPanic: the driver panicked; the process lives on.
	ReasonPanic = "PLUGIN_PANIC"
	// ReasonDraining: the plugin takes no new operations; nothing was done.
	ReasonDraining = "DRAINING"
)

// Reason returns the stable word that an error from the other side carries, or "".
func Reason(err error) string {
	if r, ok := errors.AsType[*remoteError](err); ok {
		return r.reason
	}
	return ""
}

// errorCodes pairs the contract's errors with their codes. An error that wraps
// several takes the first.
var errorCodes = []struct {
	code pb.Code
	err  error
}{
	{pb.Code_CODE_NOT_FOUND, contract.ErrNotFound},
	{pb.Code_CODE_CONFLICT, contract.ErrConflict},
	{pb.Code_CODE_INVALID, contract.ErrInvalid},
	{pb.Code_CODE_UNSUPPORTED, contract.ErrUnsupported},
	{pb.Code_CODE_OVERLOADED, contract.ErrOverloaded},
	{pb.Code_CODE_FENCED, contract.ErrFenced},
	{pb.Code_CODE_CLOSED, contract.ErrClosed},
	{pb.Code_CODE_AUTH, contract.ErrAuth},
	{pb.Code_CODE_TIMEOUT, contract.ErrTimeout},
	{pb.Code_CODE_GONE, contract.ErrGone},
	{pb.Code_CODE_UNAVAILABLE, contract.ErrUnavailable},
	{pb.Code_CODE_INTERNAL, contract.ErrInternal},
	{pb.Code_CODE_TIMEOUT, context.DeadlineExceeded},
	{pb.Code_CODE_TIMEOUT, context.Canceled},
}

// maxErrorText bounds what an error says on the wire, in bytes.
const maxErrorText = 4 << 10

// toFailure returns nil for nil.
func toFailure(err error) *pb.Failure {
	if err == nil {
		return nil
	}
	f := &pb.Failure{
		Code:         codeOf(err),
		Message:      validText(err.Error(), maxErrorText),
		Reason:       Reason(err),
		RetryAfterMs: toMillis(contract.RetryAfter(err)),
	}
	if options, ok := errors.AsType[contract.OptionErrors](err); ok {
		for _, o := range options {
			f.Fields = append(f.Fields, &pb.FieldProblem{
				Path:    validText(o.Path, maxErrorText),
				Problem: validText(o.Problem, maxErrorText),
			})
		}
	}
	return f
}

func codeOf(err error) pb.Code {
	for _, e := range errorCodes {
		if errors.Is(err, e.err) {
			return e.code
		}
	}
	return pb.Code_CODE_INTERNAL
}

// fromFailure returns nil for nil.
func fromFailure(f *pb.Failure) error {
	if f == nil {
		return nil
	}
	err := error(&remoteError{err: errorOf(f.Code), text: f.Message, reason: f.Reason})
	if len(f.Fields) > 0 {
		options := make(contract.OptionErrors, len(f.Fields))
		for i, p := range f.Fields {
			options[i] = contract.OptionError{Path: p.GetPath(), Problem: p.GetProblem()}
		}
		err = options
	}
	if f.RetryAfterMs > 0 {
		err = &contract.RetryError{Err: err, After: fromMillis(f.RetryAfterMs)}
	}
	return err
}

func errorOf(code pb.Code) error {
	for _, e := range errorCodes {
		if e.code == code {
			return e.err
		}
	}
	return contract.ErrInternal
}

// remoteError is an error that came over the wire.
type remoteError struct {
	err    error // one of the contract's
	text   string
	reason string
}

func (e *remoteError) Error() string {
	if e.text == "" {
		return e.err.Error()
	}
	return e.text
}

func (e *remoteError) Unwrap() error { return e.err }

// panicError is what a driver's panic becomes.
func panicError(value any) error {
	return &remoteError{err: contract.ErrInternal, text: fmt.Sprintf("the driver panicked: %v", value), reason: ReasonPanic}
}

// fromStatus turns the failure of a whole call or stream into a contract error.
func fromStatus(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the stream was ended", contract.ErrGone)
	}
	s, ok := status.FromError(err)
	if !ok {
		return fmt.Errorf("%w: %w", errorOf(codeOf(err)), err)
	}
	for _, detail := range s.Details() {
		if f, ok := detail.(*pb.Failure); ok {
			return fromFailure(f)
		}
	}
	return &remoteError{err: errorOfStatus(s.Code()), text: s.Message()}
}

// fromStream is fromStatus for what ended a stream that ctx of ours bounds. If
// nobody has cancelled it, the connection was closed under it: its process ended.
func fromStream(ctx context.Context, err error) error {
	if status.Code(err) == codes.Canceled && ctx.Err() == nil {
		return fmt.Errorf("%w: the connection was closed", contract.ErrGone)
	}
	return fromStatus(err)
}

// toStatus is the failure of a whole call or stream, with all that fromStatus
// needs; nil for nil.
func toStatus(err error) error {
	if err == nil {
		return nil
	}
	f := toFailure(err)
	s, detailErr := status.New(statusOf(f.Code), f.Message).WithDetails(f)
	if detailErr != nil {
		return status.Error(statusOf(f.Code), f.Message)
	}
	return s.Err()
}

func statusOf(code pb.Code) codes.Code {
	switch code {
	case pb.Code_CODE_NOT_FOUND:
		return codes.NotFound
	case pb.Code_CODE_CONFLICT:
		return codes.AlreadyExists
	case pb.Code_CODE_INVALID:
		return codes.InvalidArgument
	case pb.Code_CODE_UNSUPPORTED:
		return codes.Unimplemented
	case pb.Code_CODE_OVERLOADED:
		return codes.ResourceExhausted
	case pb.Code_CODE_UNAVAILABLE, pb.Code_CODE_CLOSED, pb.Code_CODE_FENCED:
		return codes.FailedPrecondition
	case pb.Code_CODE_TIMEOUT:
		return codes.DeadlineExceeded
	case pb.Code_CODE_AUTH:
		return codes.PermissionDenied
	case pb.Code_CODE_GONE:
		return codes.Unavailable
	default:
		return codes.Internal
	}
}

func errorOfStatus(code codes.Code) error {
	switch code {
	case codes.Unavailable, codes.Aborted:
		return contract.ErrGone
	case codes.Canceled, codes.DeadlineExceeded:
		return contract.ErrTimeout
	case codes.FailedPrecondition:
		return contract.ErrUnavailable
	case codes.ResourceExhausted:
		return contract.ErrOverloaded
	case codes.InvalidArgument, codes.OutOfRange:
		return contract.ErrInvalid
	case codes.Unimplemented:
		return contract.ErrUnsupported
	case codes.Unauthenticated, codes.PermissionDenied:
		return contract.ErrAuth
	case codes.NotFound:
		return contract.ErrNotFound
	case codes.AlreadyExists:
		return contract.ErrConflict
	default:
		return contract.ErrInternal
	}
}

// errUnknownOp answers an operation of a newer protocol.
var errUnknownOp = fmt.Errorf("%w: this plugin does not know the operation", contract.ErrUnsupported)

// lacks answers an operation that needs a capability which the driver has not.
func lacks(c contract.Capability) error {
	return fmt.Errorf("%w: the driver lacks %s", contract.ErrUnsupported, c)
}

// The errors of a caller whose context ended.
var (
	errDeadline = fmt.Errorf("%w: %w", contract.ErrTimeout, context.DeadlineExceeded)
	errCanceled = fmt.Errorf("%w: %w", contract.ErrTimeout, context.Canceled)
)

// errUnanswered ends operations that a plugin left out of its reply.
var errUnanswered = fmt.Errorf("%w: the plugin did not answer the operation", contract.ErrInternal)

func fromContext(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errDeadline
	}
	return errCanceled
}

// millisLeft is the deadline field for a context: 0 if it has none, negative if it is past.
func millisLeft(ctx context.Context) int64 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return millisUntil(deadline, time.Now())
}
