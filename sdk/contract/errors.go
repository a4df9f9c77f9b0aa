package contract

import (
	"errors"
	"time"
)

// The errors that cross the process border. A driver wraps the one that fits;
// the caller sees an error for which errors.Is finds the same value again.
// Anything else a driver returns arrives as ErrInternal.
var (
	// ErrNotFound: there is no such app, key or job. It is a normal result.
	ErrNotFound = errors.New("not found")
	// ErrConflict: a condition of the call did not hold (revision, compare, already exists). A normal result.
	ErrConflict = errors.New("conflict")
	// ErrInvalid: the arguments are wrong. Never retried.
	ErrInvalid = errors.New("invalid argument")
	// ErrUnsupported: the backend lacks this ability. The feature is switched off, not retried.
	ErrUnsupported = errors.New("unsupported")
	// ErrOverloaded: nothing was done; try again after RetryAfter.
	ErrOverloaded = errors.New("overloaded")
	// ErrUnavailable: the backend cannot be reached. Only idempotent operations are retried.
	ErrUnavailable = errors.New("unavailable")
	// ErrTimeout: the deadline passed; whether the operation took place is unknown.
	ErrTimeout = errors.New("timed out")
	// ErrAuth: the backend refused our credentials. Retrying does not help.
	ErrAuth = errors.New("access denied")
	// ErrInternal: a bug or a panic in the driver.
	ErrInternal = errors.New("internal error")
	// ErrGone: the plugin process ended before it answered. Made by the server, never by a driver.
	ErrGone = errors.New("plugin is gone")
	// ErrClosed: the consumer, session or driver was closed.
	ErrClosed = errors.New("closed")
	// ErrFenced: this node's lease has ended; what it holds was or will be given back. It must come back under a new incarnation.
	ErrFenced = errors.New("fenced")
)

// RetryError carries a hint how long to wait before a retry.
type RetryError struct {
	// Err is one of the errors above, possibly wrapped.
	Err error
	// After is the least time to wait.
	After time.Duration
}

// Error returns the text of Err.
func (e *RetryError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *RetryError) Unwrap() error { return e.Err }

// RetryAfter returns the hint that err carries, or 0.
func RetryAfter(err error) time.Duration {
	if r, ok := errors.AsType[*RetryError](err); ok {
		return r.After
	}
	return 0
}
