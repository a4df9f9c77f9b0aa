//go:build linux

package load

import "encoding/binary"

// Opcodes of WebSocket frames.
const (
	opText  = 1
	opClose = 8
)

// appendText appends a client's text frame. Its mask is zero: allowed, and free.
func appendText(dst, payload []byte) []byte {
	const fin, masked = 0x80, 0x80
	dst = append(dst, fin|opText)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, masked|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, masked|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, masked|127), uint64(n))
	}
	return append(append(dst, 0, 0, 0, 0), payload...)
}

// cutFrame splits a server's frame off b; false if it is not there as a whole.
func cutFrame(b []byte) (op byte, payload, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, b, false
	}
	head, n := 2, uint64(b[1])
	switch {
	case n == 126 && len(b) >= 4:
		head, n = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case n == 127 && len(b) >= 10:
		head, n = 10, binary.BigEndian.Uint64(b[2:])
	case n >= 126:
		return 0, nil, b, false
	}
	if uint64(len(b)-head) < n {
		return 0, nil, b, false
	}
	end := head + int(n)
	return b[0] & 0x0f, b[head:end], b[end:], true
}

// frameSize is the size of a server's frame with n bytes of payload.
func frameSize(n int) int {
	switch {
	case n < 126:
		return 2 + n
	case n < 1<<16:
		return 4 + n
	}
	return 10 + n
}

// Frame is a message's frame of the given size, filled with nothing.
func Frame(size int) []byte {
	b := make([]byte, size)
	b[0], b[1] = 0x80|opText, 126
	binary.BigEndian.PutUint16(b[shortHeader:], uint16(size-longHeader))
	return b
}
