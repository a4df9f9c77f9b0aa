package cacherules

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The largest key and value that a cache takes, in bytes.
const (
	MaxKey   = 1 << 10
	MaxValue = 16 << 20
)

// Check returns contract.ErrInvalid with the reason if a value cannot be kept
// under this key for this time. It quotes neither key nor value.
func Check(key string, value []byte, ttl time.Duration) error {
	switch {
	case len(key) > MaxKey || !utf8.ValidString(key):
		return fmt.Errorf("%w: a key is at most %d bytes of UTF-8, this one has %d", contract.ErrInvalid, MaxKey, len(key))
	case len(value) > MaxValue:
		return fmt.Errorf("%w: a value is at most %d bytes, this one has %d", contract.ErrInvalid, MaxValue, len(value))
	case ttl < 0 && ttl != contract.NoExpiry:
		return fmt.Errorf("%w: a lifetime is 0, more, or NoExpiry, this one is %v", contract.ErrInvalid, ttl)
	}
	return nil
}
