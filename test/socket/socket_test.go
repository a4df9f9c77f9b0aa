package socket

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

// What a client writes reads as it was, but for the bit and the zeros of the mask.
func TestTextsAreMaskedByNothing(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 65_535} {
		var sent bytes.Buffer
		text := strings.Repeat("x", n)
		if err := WriteText(&sent, text); err != nil {
			t.Fatal(err)
		}
		frame := sent.Bytes()
		head := len(frame) - n - 4
		if frame[1]&0x80 == 0 || !bytes.Equal(frame[head:head+4], make([]byte, 4)) {
			t.Fatalf("%d bytes begin with % x: no mask", n, frame[:head+4])
		}
		unmasked := append(append([]byte{frame[0], frame[1] & 0x7f}, frame[2:head]...), text...)
		if op, got, err := ReadFrame(bytes.NewReader(unmasked)); err != nil || op != OpText || string(got) != text {
			t.Errorf("%d bytes: opcode %d, %d bytes, %v", n, op, len(got), err)
		}
	}
}

func TestALongFrameIsRead(t *testing.T) {
	frame := append([]byte{0x88, 127, 0, 0, 0, 0, 0, 1, 0, 0}, make([]byte, 1<<16)...)
	if op, got, err := ReadFrame(bytes.NewReader(frame)); err != nil || op != OpClose || len(got) != 1<<16 {
		t.Errorf("opcode %d, %d bytes, %v", op, len(got), err)
	}
	if _, _, err := ReadFrame(bytes.NewReader(frame[:100])); err == nil {
		t.Error("a frame that ends too early is no error")
	}
}

func TestARefusedUpgradeIsAnError(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 101 Switching Protocols\r\n\r\n": "",
		"HTTP/1.1 404 Not Found\r\n\r\n":           "404",
		"":                                         "EOF",
	} {
		var sent bytes.Buffer
		err := Upgrade(&sent, bufio.NewReader(strings.NewReader(answer)), "the-key")
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", answer, err)
		}
		if !strings.HasPrefix(sent.String(), "GET /app/the-key?protocol=7 HTTP/1.1\r\n") {
			t.Errorf("sent %q", sent.String())
		}
	}
}
