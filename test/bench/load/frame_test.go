//go:build linux

package load

import (
	"bytes"
	"testing"
)

// unmasked turns a client's frame into one that a server could have sent.
func unmasked(frame []byte, payload int) []byte {
	head := len(frame) - payload - 4
	b := append([]byte(nil), frame[:head]...)
	b[1] &= 0x7f
	return append(b, frame[len(frame)-payload:]...)
}

func TestFramesAreCutWhereTheyEnd(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 65535, 65536} {
		want := bytes.Repeat([]byte("x"), n)
		frame := unmasked(appendText(nil, want), n)
		if len(frame) != frameSize(n) {
			t.Errorf("frame of %d bytes has size %d, want %d", n, len(frame), frameSize(n))
		}
		op, got, rest, ok := cutFrame(append(frame, "more"...))
		if !ok || op != opText || !bytes.Equal(got, want) || string(rest) != "more" {
			t.Errorf("frame of %d bytes: opcode %d, %d bytes, rest %q, ok %v", n, op, len(got), rest, ok)
		}
		if _, _, _, ok := cutFrame(frame[:len(frame)-1]); ok {
			t.Errorf("frame of %d bytes was cut before it ended", n)
		}
	}
}
