package webhook

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

var usual = Retry{MaxElapsed: 5 * time.Minute, InitialBackoff: time.Second, MaxBackoff: time.Minute}

func TestBackoffDoubles(t *testing.T) {
	tests := []struct {
		attempt uint32
		age     time.Duration
		random  float64
		want    time.Duration
	}{
		{1, 0, 0.5, time.Second},
		{2, 0, 0.5, 2 * time.Second},
		{1, 0, 0, 800 * time.Millisecond},
		{3, 0, 1, 4800 * time.Millisecond},
		{7, 0, 0.5, time.Minute},
		{4_000_000_000, 0, 1, time.Minute},
		{7, 4*time.Minute + 30*time.Second, 0.5, 30 * time.Second},
	}
	for _, tt := range tests {
		if got, over := usual.afterFailure(tt.attempt, tt.age, tt.random); got != tt.want || over != "" {
			t.Errorf("attempt %d at %v: %v, %q, want %v", tt.attempt, tt.age, got, over, tt.want)
		}
	}
	if _, over := usual.afterFailure(1, 5*time.Minute, 0); over == "" {
		t.Error("an old job is not given up")
	}
}

func TestRetryOfAWebhook(t *testing.T) {
	own := &contract.WebhookRetry{MaxAttempts: 3, MaxBackoffMS: 1 << 63}
	want := usual
	want.MaxAttempts, want.MaxBackoff = 3, 9223372036854*time.Millisecond
	if diff := cmp.Diff(want, usual.of(own)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(usual, usual.of(nil)); diff != "" {
		t.Error(diff)
	}
	if off := (Retry{Disabled: true}); off.of(&contract.WebhookRetry{}).Disabled {
		t.Error("a webhook's own retry does not switch retries on")
	}
}
