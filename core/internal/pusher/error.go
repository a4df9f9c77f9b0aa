package pusher

import "errors"

// Error is what a client is told when something it asked for is refused: the
// content of a "pusher:error" frame and, if a subscription was refused, of the
// "pusher:subscription_error" frame before it.
type Error struct {
	// Code is NoCode unless clients should take notice of it.
	Code    Code
	Message string
	// Type and Status are for "pusher:subscription_error": one of the Type
	// constants and an HTTP status.
	Type   string
	Status int
	// Cause tells kinds of errors apart; may be nil.
	Cause error
}

// The types of refused subscriptions.
const (
	TypeAuth    = "AuthError"
	TypeChannel = "InvalidChannel"
	TypeMember  = "InvalidMember"
	TypeLimit   = "LimitReached"
	TypeServer  = "ServerError"
)

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// AsError returns err as a client should be told: errors of this package as
// they are, a wrong name as a refused channel, and anything else as a failure
// of the server whose text stays inside. It returns nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*NameError](err); ok {
		return &Error{Message: e.Error(), Type: TypeChannel, Status: 400, Cause: e}
	}
	return &Error{Message: "Internal error, please try again", Type: TypeServer, Status: 503, Cause: err}
}

// NameError says what is wrong with the name of a channel or an event, or with
// the id of a user.
type NameError struct {
	// What was named: "channel name", "event name" or "user id".
	What string
	// Problem completes the sentence that begins with What.
	Problem string
	// TooLong tells a name over its limit from a malformed one.
	TooLong bool
}

// Error returns the sentence.
func (e *NameError) Error() string { return e.What + " " + e.Problem }
