package frame

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// read takes one frame apart by the rules of RFC 6455, section 5.2.
func read(t *testing.T, b []byte) (opcode byte, payload []byte) {
	t.Helper()
	if b[0]&0xf0 != 0x80 {
		t.Fatalf("first byte %#x: want FIN and no reserved bit", b[0])
	}
	if b[1]&0x80 != 0 {
		t.Fatal("frame is masked")
	}
	n, rest := uint64(b[1]), b[2:]
	switch n {
	case 126:
		n, rest = uint64(binary.BigEndian.Uint16(rest)), rest[2:]
		if n < 126 {
			t.Fatalf("16-bit length for %d bytes", n)
		}
	case 127:
		n, rest = binary.BigEndian.Uint64(rest), rest[8:]
		if n < 1<<16 {
			t.Fatalf("64-bit length for %d bytes", n)
		}
	}
	if uint64(len(rest)) != n {
		t.Fatalf("header says %d bytes, %d follow", n, len(rest))
	}
	return b[0] & 0x0f, rest
}

func TestTextUsesTheShortestLength(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 0xffff, 0x10000, 0x10001} {
		payload := bytes.Repeat([]byte("x"), n)
		got := AppendText([]byte("before"), payload)
		got = bytes.TrimPrefix(got, []byte("before"))
		if len(got) != HeaderLen(n)+n {
			t.Errorf("%d bytes: frame of %d, want %d", n, len(got), HeaderLen(n)+n)
		}
		opcode, back := read(t, got)
		if opcode != 1 || !bytes.Equal(back, payload) {
			t.Errorf("%d bytes: opcode %d, payload of %d", n, opcode, len(back))
		}
	}
}

func TestBytesOnTheWire(t *testing.T) {
	tests := []struct {
		name string
		got  []byte
		want []byte
	}{
		{"text", AppendText(nil, []byte("Hello")), []byte("\x81\x05Hello")},
		{"ping", AppendPing(nil, nil), []byte("\x89\x00")},
		{"ping with payload", AppendPing(nil, []byte("Hello")), []byte("\x89\x05Hello")},
		{"pong", AppendPong(nil, []byte("Hello")), []byte("\x8a\x05Hello")},
		{"close", AppendClose(nil, 4001, "gone"), []byte("\x88\x06\x0f\xa1gone")},
		{"close without code", AppendClose(nil, 0, "unsaid"), []byte("\x88\x00")},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestControlFramesStaySmall(t *testing.T) {
	long := bytes.Repeat([]byte("é"), 100)
	if _, p := read(t, AppendPing(nil, long)); len(p) != MaxControl {
		t.Errorf("ping payload has %d bytes", len(p))
	}
	_, p := read(t, AppendClose(nil, 4100, string(long)))
	if len(p) > MaxControl || len(p) < MaxControl-3 {
		t.Errorf("close payload has %d bytes", len(p))
	}
	if !utf8.Valid(p[2:]) {
		t.Errorf("reason %q was cut within a character", p[2:])
	}
	_, p = read(t, AppendClose(nil, 4100, strings.Repeat("a", 123)))
	if len(p) != MaxControl {
		t.Errorf("a reason of 123 bytes fits, got %d", len(p)-2)
	}
}

func TestAppendingAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 2000)
	payload := make([]byte, 1000)
	if n := testing.AllocsPerRun(100, func() {
		AppendText(dst, payload)
		AppendClose(dst, 4200, "Please reconnect immediately")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
