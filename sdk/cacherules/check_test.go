package cacherules

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestEntriesAreWithinTheContract(t *testing.T) {
	key, value := strings.Repeat("k", MaxKey), make([]byte, MaxValue)
	for _, ttl := range []time.Duration{contract.NoExpiry, 0, 1} {
		if err := errors.Join(Check(key, value, ttl), Check("", nil, ttl)); err != nil {
			t.Errorf("lifetime %v: %v", ttl, err)
		}
	}
	for want, err := range map[string]error{
		"this one has 1025":     Check(key+"k", nil, 0),
		"this one has 1":        Check("\xff", nil, 0),
		"this one has 16777217": Check("k", append(value, 0), 0),
		"this one is -2ns":      Check("k", nil, -2),
	} {
		if !errors.Is(err, contract.ErrInvalid) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
