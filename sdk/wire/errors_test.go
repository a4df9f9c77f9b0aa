package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// contractErrors are all of the contract's errors.
var contractErrors = []error{
	contract.ErrNotFound, contract.ErrConflict, contract.ErrInvalid, contract.ErrUnsupported,
	contract.ErrOverloaded, contract.ErrUnavailable, contract.ErrTimeout, contract.ErrAuth,
	contract.ErrInternal, contract.ErrGone, contract.ErrClosed, contract.ErrFenced,
}

func TestErrorsCrossTheWire(t *testing.T) {
	for _, want := range contractErrors {
		sent := fmt.Errorf("get key: %w", want)
		for way, got := range map[string]error{
			"operation":   fromFailure(toFailure(sent)),
			"whole call":  fromStatus(toStatus(sent)),
			"there again": fromFailure(toFailure(fromFailure(toFailure(sent)))),
		} {
			for _, other := range contractErrors {
				if errors.Is(got, other) != (other == want) {
					t.Errorf("%v as %s: errors.Is(%v) is %t", want, way, other, !(other == want))
				}
			}
			if got.Error() != sent.Error() {
				t.Errorf("%v as %s: text %q, want %q", want, way, got, sent)
			}
		}
	}
}

func TestEveryCodeIsAnError(t *testing.T) {
	for number := range pb.Code_name {
		if number == 0 {
			continue
		}
		err := fromFailure(&pb.Failure{Code: pb.Code(number)})
		if got := toFailure(err).GetCode(); got != pb.Code(number) {
			t.Errorf("code %v becomes %v", pb.Code(number), got)
		}
	}
	if err := fromFailure(&pb.Failure{Code: 999}); !errors.Is(err, contract.ErrInternal) {
		t.Errorf("an unknown code is %v, want ErrInternal", err)
	}
}

func TestForeignErrorsHaveACode(t *testing.T) {
	tests := []struct {
		err  error
		want error
	}{
		{errors.New("whatever"), contract.ErrInternal},
		{context.DeadlineExceeded, contract.ErrTimeout},
		{context.Canceled, contract.ErrTimeout},
		{errDraining, contract.ErrOverloaded},
		{panicError("boom"), contract.ErrInternal},
	}
	for _, tt := range tests {
		if got := fromFailure(toFailure(tt.err)); !errors.Is(got, tt.want) {
			t.Errorf("%v arrives as %v, want %v", tt.err, got, tt.want)
		}
	}
	if toFailure(nil) != nil || fromFailure(nil) != nil || toStatus(nil) != nil || fromStatus(nil) != nil {
		t.Error("no error becomes one")
	}
}

func TestErrorsKeepWhatTheyCarry(t *testing.T) {
	retry := &contract.RetryError{Err: contract.ErrOverloaded, After: 1500 * time.Millisecond}
	if got := contract.RetryAfter(fromFailure(toFailure(fmt.Errorf("set: %w", retry)))); got != retry.After {
		t.Errorf("retry after %v, want %v", got, retry.After)
	}
	if got := Reason(fromFailure(toFailure(panicError("boom")))); got != ReasonPanic {
		t.Errorf("reason %q, want %q", got, ReasonPanic)
	}
	options := contract.OptionErrors{{Path: "nodes[2].host", Problem: "is empty"}, {Problem: "no address"}}
	got, ok := errors.AsType[contract.OptionErrors](fromFailure(toFailure(fmt.Errorf("open: %w", options))))
	if !ok || !errors.Is(got, contract.ErrInvalid) {
		t.Fatalf("options arrive as %v", got)
	}
	if diff := cmp.Diff(options, got); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	long := fromFailure(toFailure(errors.New(strings.Repeat("x", 1<<20) + "\xff")))
	if len(long.Error()) > maxErrorText {
		t.Errorf("text of %d bytes", len(long.Error()))
	}
}

func TestStatusOfTransport(t *testing.T) {
	tests := map[codes.Code]error{
		codes.Unavailable:        contract.ErrGone,
		codes.Canceled:           contract.ErrTimeout,
		codes.DeadlineExceeded:   contract.ErrTimeout,
		codes.Unimplemented:      contract.ErrUnsupported,
		codes.Unauthenticated:    contract.ErrAuth,
		codes.PermissionDenied:   contract.ErrAuth,
		codes.ResourceExhausted:  contract.ErrOverloaded,
		codes.InvalidArgument:    contract.ErrInvalid,
		codes.FailedPrecondition: contract.ErrUnavailable,
		codes.NotFound:           contract.ErrNotFound,
		codes.AlreadyExists:      contract.ErrConflict,
		codes.Internal:           contract.ErrInternal,
		codes.DataLoss:           contract.ErrInternal,
	}
	for code, want := range tests {
		if got := fromStatus(status.Error(code, "x")); !errors.Is(got, want) {
			t.Errorf("%v is %v, want %v", code, got, want)
		}
	}
}

func TestTimesCrossTheWire(t *testing.T) {
	tests := []struct{ in, out time.Duration }{
		{0, 0},
		{1, time.Millisecond},
		{time.Millisecond, time.Millisecond},
		{1500 * time.Microsecond, 2 * time.Millisecond},
		{contract.NoExpiry, contract.NoExpiry},
		{-time.Hour, -1},
	}
	for _, tt := range tests {
		if got := fromMillis(toMillis(tt.in)); got != tt.out {
			t.Errorf("%v arrives as %v, want %v", tt.in, got, tt.out)
		}
	}
	if got := fromMillis(1 << 62); got <= 0 {
		t.Errorf("a very long time arrives as %v", got)
	}
	now := time.UnixMilli(1_700_000_000_123)
	if got := fromUnixMillis(toUnixMillis(now)); !got.Equal(now) {
		t.Errorf("%v arrives as %v", now, got)
	}
	if !fromUnixMillis(toUnixMillis(time.Time{})).IsZero() {
		t.Error("no time arrives as a time")
	}
}
