package pusher

import "errors"

// Envelope is an inbound frame.
type Envelope struct {
	// Event is never empty. Channel is empty if the frame has none.
	Event   []byte
	Channel []byte
	// Data is the JSON value as it was sent, a string or anything else; nil if
	// the frame has none.
	Data []byte
}

// The causes of an Error about a frame.
var (
	ErrNotJSON = errors.New("frame is not a JSON object")
	ErrNoEvent = errors.New("frame has no event")
	ErrField   = errors.New("field is missing or of the wrong type")
)

var envelopeNames = []string{"event", "channel", "data"}

// ParseEnvelope reads a frame. It accepts exactly the JSON objects that
// encoding/json accepts, except that values may be nested 512 deep at most;
// names are case-sensitive, the last of equal names counts, null is the same as
// absent for event and channel, and other names are ignored. A failure is an
// *Error with NoCode, whose cause is ErrNotJSON, ErrNoEvent or ErrField.
//
// The slices alias b; only names with escapes and names that are not valid
// UTF-8 are copied. It does not allocate otherwise.
func ParseEnvelope(b []byte) (Envelope, error) {
	var values [3][]byte
	if err := readObject(b, envelopeNames, values[:]); err != nil {
		return Envelope{}, &Error{Message: "Invalid message: " + err.Error(), Cause: ErrNotJSON}
	}
	event, ok := stringOf(values[0])
	if !ok || len(event) == 0 {
		return Envelope{}, &Error{Message: "Invalid message: event must be a non-empty string", Cause: ErrNoEvent}
	}
	channel, ok := stringOf(values[1])
	if !ok {
		return Envelope{}, &Error{Message: "Invalid message: channel must be a string", Cause: ErrField}
	}
	return Envelope{Event: event, Channel: channel, Data: values[2]}, nil
}
