package adapter

import (
	"encoding/binary"
	"errors"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

// envelope is what travels between nodes. In bytes it is the protobuf message
//
//	message Envelope { // package bus.v1
//	  uint64 kind = 1;
//	  string app = 2;
//	  string channel = 3;     // or a user's id, see kind
//	  string incarnation = 4; // of the sender
//	  uint64 stream = 5;      // with incarnation: names a sequence of n
//	  uint64 n = 6;           // 1, 2, ... within a stream
//	  uint64 except_pid = 7;  // the socket that is left out, 0.0: none
//	  uint64 except_seq = 8;
//	  uint64 id = 9;          // of an event that its channel keeps
//	  bytes frame = 10;       // a whole WebSocket frame
//	  string trace = 11;      // reserved for a trace context
//	}
//
// so that fields may be added and any language can read it.
type envelope struct {
	kind        kind
	app         string
	channel     string
	incarnation string
	stream, n   uint64
	except      pusher.SocketID
	id          uint64
	frame       []byte
}

// kind says what an envelope is about.
type kind uint64

const (
	kindMessage    kind = 1 // frame for the subscribers of channel
	kindTerminate  kind = 2 // close the connections of the user channel
	kindAppChanged kind = 3 // ask the app store for app again; id is the revision
	kindAppDeleted kind = 4
)

// Wire types and fields.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5

	fieldKind        = 1
	fieldApp         = 2
	fieldChannel     = 3
	fieldIncarnation = 4
	fieldStream      = 5
	fieldN           = 6
	fieldExceptPID   = 7
	fieldExceptSeq   = 8
	fieldID          = 9
	fieldFrame       = 10
)

var errEnvelope = errors.New("the envelope of a message from another node is malformed")

func (e *envelope) append(b []byte) []byte {
	b = appendNumber(b, fieldKind, uint64(e.kind))
	b = appendText(b, fieldApp, e.app)
	b = appendText(b, fieldChannel, e.channel)
	b = appendText(b, fieldIncarnation, e.incarnation)
	b = appendNumber(b, fieldStream, e.stream)
	b = appendNumber(b, fieldN, e.n)
	pid, seq := e.except.Parts()
	b = appendNumber(b, fieldExceptPID, pid)
	b = appendNumber(b, fieldExceptSeq, seq)
	b = appendNumber(b, fieldID, e.id)
	return appendText(b, fieldFrame, e.frame)
}

func appendNumber(b []byte, field int, v uint64) []byte {
	if v == 0 {
		return b
	}
	b = binary.AppendUvarint(b, uint64(field)<<3|wireVarint)
	return binary.AppendUvarint(b, v)
}

func appendText[T string | []byte](b []byte, field int, v T) []byte {
	if len(v) == 0 {
		return b
	}
	b = binary.AppendUvarint(b, uint64(field)<<3|wireBytes)
	b = binary.AppendUvarint(b, uint64(len(v)))
	return append(b, v...)
}

// decode reads an envelope; fields that it does not know are passed over. The
// frame is a part of b.
func decode(b []byte) (e envelope, err error) {
	var pid, seq uint64
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return e, errEnvelope
		}
		b = b[n:]
		v, text, rest, ok := cutValue(b, tag&7)
		if !ok {
			return e, errEnvelope
		}
		b = rest
		switch tag {
		case fieldKind<<3 | wireVarint:
			e.kind = kind(v)
		case fieldApp<<3 | wireBytes:
			e.app = string(text)
		case fieldChannel<<3 | wireBytes:
			e.channel = string(text)
		case fieldIncarnation<<3 | wireBytes:
			e.incarnation = string(text)
		case fieldStream<<3 | wireVarint:
			e.stream = v
		case fieldN<<3 | wireVarint:
			e.n = v
		case fieldExceptPID<<3 | wireVarint:
			pid = v
		case fieldExceptSeq<<3 | wireVarint:
			seq = v
		case fieldID<<3 | wireVarint:
			e.id = v
		case fieldFrame<<3 | wireBytes:
			e.frame = text
		}
	}
	e.except = pusher.SocketIDOf(pid, seq)
	return e, nil
}

// cutValue takes the value of a field off b.
func cutValue(b []byte, wire uint64) (v uint64, text, rest []byte, ok bool) {
	skip := 0
	switch wire {
	case wireVarint:
		v, n := binary.Uvarint(b)
		return v, nil, b[max(n, 0):], n > 0
	case wireBytes:
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return 0, nil, nil, false
		}
		end := n + int(size)
		return 0, b[n:end:end], b[end:], true
	case wireFixed64:
		skip = 8
	case wireFixed32:
		skip = 4
	default:
		return 0, nil, nil, false
	}
	if len(b) < skip {
		return 0, nil, nil, false
	}
	return 0, nil, b[skip:], true
}
