package lastevent

import (
	"bytes"
	"strconv"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// Event is the last event of a channel.
type Event struct {
	// ID is that of the message in the hub; 0 if nobody knows it.
	ID uint64
	// Frame is the whole WebSocket frame; nil if there is no event.
	Frame []byte

	data []byte
}

// IsZero reports whether there is no event.
func (e *Event) IsZero() bool { return e.Frame == nil }

const (
	idHead   = `{"id":"`
	idDigits = 16
)

// encode returns the entry for an event, given the JSON object that clients get.
func encode(id uint64, payload []byte) []byte {
	b := make([]byte, 0, len(idHead)+idDigits+2+len(payload))
	b = append(b, idHead...)
	digits := strconv.AppendUint(make([]byte, 0, idDigits), id, 16)
	b = append(b, bytes.Repeat([]byte{'0'}, idDigits-len(digits))...)
	b = append(b, digits...)
	b = append(b, '"', ',')
	return append(b, payload[1:]...)
}

// decode reads an entry. What is not an event is the zero Event, whoever wrote
// it there: nothing but well-formed frames reaches clients.
func decode(entry []byte, channel string) Event {
	env, err := pusher.ParseEnvelope(entry)
	if err != nil || env.Data == nil || pusher.IsProtocolEvent(env.Event) {
		return Event{}
	}
	payload := pusher.AppendEvent(nil, env.Event, channel, env.Data, "")
	return Event{
		ID:    idOf(entry),
		Frame: frame.AppendText(nil, payload),
		data:  pusher.AppendData(nil, env.Data),
	}
}

// idOf returns the id that encode wrote, 0 if the entry has none.
func idOf(entry []byte) uint64 {
	rest, ok := bytes.CutPrefix(entry, []byte(idHead))
	if !ok || len(rest) < idDigits {
		return 0
	}
	id, err := strconv.ParseUint(string(rest[:idDigits]), 16, 64)
	if err != nil {
		return 0
	}
	return id
}
