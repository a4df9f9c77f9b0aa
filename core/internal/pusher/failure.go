package pusher

import (
	"net/http"
	"strconv"
)

// Failure is why a request to the HTTP API was refused, and its answer.
type Failure struct {
	Status int
	// Slug names the kind of failure for programs: one of the Slug constants.
	Slug    string
	Message string
}

// The kinds of failures.
const (
	SlugInvalid  = "invalid_input"     // 400: malformed body, name, id or attribute
	SlugLimit    = "limit_exceeded"    // 400: too many or too long
	SlugTooLarge = "payload_too_large" // 413
	SlugAuth     = "auth_failed"       // 401
	SlugVersion  = "invalid_version"   // 400: auth_version
)

// Error returns the message.
func (f *Failure) Error() string { return f.Message }

// AppendJSON appends the body of the answer.
func (f *Failure) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"error":`...)
	dst = appendQuoted(dst, f.Message)
	dst = append(dst, `,"code":`...)
	dst = appendQuoted(dst, f.Slug)
	dst = append(dst, `,"status":`...)
	dst = strconv.AppendInt(dst, int64(f.Status), 10)
	return append(dst, '}')
}

func invalid(message string) *Failure {
	return &Failure{http.StatusBadRequest, SlugInvalid, message}
}

func overLimit(message string) *Failure {
	return &Failure{http.StatusBadRequest, SlugLimit, message}
}

func refused(message string) *Failure {
	return &Failure{http.StatusUnauthorized, SlugAuth, message}
}
