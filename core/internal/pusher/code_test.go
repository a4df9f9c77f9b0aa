package pusher

import (
	"errors"
	"testing"
)

func TestCodes(t *testing.T) {
	tests := map[Code]Retry{
		CodeUnsupportedData: RetryBackoff, CodeTooBig: RetryBackoff,
		CodeTLSOnly: RetryNever, CodeUnknownApp: RetryNever, CodeAppDisabled: RetryNever, CodeOverQuota: RetryNever,
		CodeInvalidVersion: RetryNever, CodeUnsupportedProtocol: RetryNever, CodeUnauthorized: RetryNever,
		CodeOverCapacity: RetryBackoff,
		CodeReconnect:    RetryNow, CodePongTimeout: RetryNow,
		CodeClientEvent: RetryNever, CodeWatchlist: RetryNever,
	}
	for code, retry := range tests {
		if code.Retry() != retry {
			t.Errorf("%d: retry %d, want %d", code, code.Retry(), retry)
		}
		if code.Text() == "" || len(code.Text()) > 123 {
			t.Errorf("%d: text %q does not fit a close frame", code, code.Text())
		}
	}
	if len(tests) != len(codeTexts) {
		t.Errorf("%d codes have texts, %d are tested", len(codeTexts), len(tests))
	}
	if NoCode.Text() != "" || Code(4099).Retry() != RetryNever || Code(4199).Retry() != RetryBackoff || Code(1006).Retry() != RetryBackoff {
		t.Error("codes that are not listed follow their range")
	}
}

func TestAsErrorKeepsSecretsInside(t *testing.T) {
	inner := errors.New("dial tcp 10.0.0.7: refused")
	e := AsError(inner)
	if e.Message == inner.Error() || e.Type != TypeServer || e.Status != 503 || !errors.Is(e, inner) {
		t.Errorf("got %+v", e)
	}
	if AsError(nil) != nil {
		t.Error("nil is no error")
	}
}
