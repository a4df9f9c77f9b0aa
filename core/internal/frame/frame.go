package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// MaxHeader is the length of the longest header.
const MaxHeader = 10

// MaxControl is the largest payload of a ping, pong or close frame.
const MaxControl = 125

// The first byte of each kind of frame: the FIN bit and the opcode.
const (
	finText   = 0x81
	finPacked = 0xc1 // a text whose payload is compressed
	finClose  = 0x88
	finPing   = 0x89
	finPong   = 0x8a
)

// HeaderLen returns the length of the header of a frame with n bytes of payload.
func HeaderLen(n int) int {
	switch {
	case n <= 125:
		return 2
	case n <= 0xffff:
		return 4
	default:
		return MaxHeader
	}
}

// AppendText appends a text frame. The payload must be valid UTF-8.
func AppendText(dst, payload []byte) []byte {
	return append(appendHeader(dst, finText, len(payload)), payload...)
}

// AppendDeflated appends a text frame whose payload was compressed as the
// extension permessage-deflate says, for clients that agreed to it.
func AppendDeflated(dst, packed []byte) []byte {
	return append(appendHeader(dst, finPacked, len(packed)), packed...)
}

// AppendPing appends a ping frame. A payload over MaxControl bytes is cut.
func AppendPing(dst, payload []byte) []byte {
	return appendControl(dst, finPing, payload)
}

// AppendPong appends a pong frame, which answers a ping with the ping's
// payload. A payload over MaxControl bytes is cut.
func AppendPong(dst, payload []byte) []byte {
	return appendControl(dst, finPong, payload)
}

// AppendClose appends a close frame. Code 0 makes one without code and reason.
// A reason that does not fit is cut between two characters.
func AppendClose(dst []byte, code uint16, reason string) []byte {
	if code == 0 {
		return appendHeader(dst, finClose, 0)
	}
	reason = cut(reason, MaxControl-2)
	dst = appendHeader(dst, finClose, 2+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, code)
	return append(dst, reason...)
}

func appendControl(dst []byte, first byte, payload []byte) []byte {
	payload = payload[:min(len(payload), MaxControl)]
	return append(appendHeader(dst, first, len(payload)), payload...)
}

func appendHeader(dst []byte, first byte, n int) []byte {
	switch HeaderLen(n) {
	case 2:
		return append(dst, first, byte(n))
	case 4:
		return binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, 127), uint64(n))
	}
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
