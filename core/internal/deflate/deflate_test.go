package deflate

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/core/internal/frame"
)

func inflate(t testing.TB, packed []byte) []byte {
	t.Helper()
	r := flate.NewReader(io.MultiReader(bytes.NewReader(packed), bytes.NewReader(append(tail, 1, 0, 0, 0xff, 0xff))))
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAFrameSurvives(t *testing.T) {
	for _, n := range []int{Threshold, 5000, 70_000, 200_000} {
		text := []byte(strings.Repeat("jackfield ", n/10+1))[:n]
		plain := frame.AppendText(nil, text)
		for range 2 { // the second time with a used compressor
			packed := Frame(plain)
			if packed[0] != 0xc1 || len(packed) >= len(plain) || frame.Size(packed) != len(packed) {
				t.Fatalf("%d bytes became a frame %x of %d", n, packed[0], len(packed))
			}
			if got := inflate(t, frame.Payload(packed)); !bytes.Equal(got, text) {
				t.Fatalf("%d bytes came back as %d", n, len(got))
			}
		}
	}
}

func TestWhatDoesNotBecomeSmallerStaysAsItIs(t *testing.T) {
	small := frame.AppendText(nil, bytes.Repeat([]byte("a"), Threshold-1))
	noise := make([]byte, 4000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for _, plain := range [][]byte{small, frame.AppendText(nil, noise)} {
		if got := Frame(plain); &got[0] != &plain[0] {
			t.Errorf("%d bytes became %d", len(plain), len(got))
		}
	}
}

func TestOffers(t *testing.T) {
	for offer, want := range map[string]bool{
		"":                   false,
		"permessage-deflate": true,
		"permessage-deflate; client_max_window_bits":                                                     true,
		"permessage-deflate; client_max_window_bits=15; server_no_context_takeover":                      true,
		`permessage-deflate; server_max_window_bits="15"`:                                                true,
		"permessage-deflate; server_max_window_bits=10":                                                  false,
		"permessage-deflate; server_max_window_bits=10, permessage-deflate":                              true,
		"permessage-deflate; server_max_window_bits":                                                     false,
		"permessage-deflate; client_max_window_bits=7":                                                   false,
		"permessage-deflate; client_max_window_bits=16":                                                  false,
		"permessage-deflate; client_max_window_bits=08":                                                  false,
		"permessage-deflate; client_max_window_bits=x":                                                   false,
		"permessage-deflate; server_no_context_takeover=1":                                               false,
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover":                     false,
		"permessage-deflate; unknown":                                                                    false,
		"permessage-deflate;":                                                                            false,
		"x-permessage-deflate":                                                                           false,
		"x-webkit-deflate-frame, permessage-deflate; client_no_context_takeover; client_max_window_bits": true,
	} {
		if got := Accepts([]string{"other", offer}); got != want {
			t.Errorf("%q: %v", offer, got)
		}
	}
}

func TestReservedBits(t *testing.T) {
	masked := func(first byte, n int) []byte {
		b := frame.AppendText(nil, make([]byte, n))
		b[0], b[1] = first, b[1]|0x80
		return append(b, 1, 2, 3, 4)
	}
	for _, tt := range []struct {
		name   string
		frames [][]byte
		wrong  bool
	}{
		{"plain", [][]byte{masked(0x81, 5), masked(0x81, 300), masked(0x82, 70_000), masked(0x89, 0)}, false},
		{"compressed", [][]byte{masked(0xc1, 70_000), masked(0xc2, 200), masked(0x88, 2)}, false},
		{"fragments", [][]byte{masked(0x41, 126), masked(0x89, 3), masked(0x00, 10), masked(0x80, 0)}, false},
		{"continuation", [][]byte{masked(0x41, 126), masked(0xc0, 10)}, true},
		{"ping", [][]byte{masked(0x81, 126), masked(0xc9, 1)}, true},
		{"second bit", [][]byte{masked(0x81, 65_536), masked(0xa1, 1)}, true},
		{"third bit", [][]byte{masked(0x81, 0), masked(0x91, 1)}, true},
	} {
		all := bytes.Join(tt.frames, nil)
		for _, step := range []int{1, 3, 250, len(all)} {
			var g Guard
			var err error
			for b := all; len(b) > 0 && err == nil; b = b[min(step, len(b)):] {
				err = g.Check(b[:min(step, len(b))])
			}
			if (err != nil) != tt.wrong {
				t.Errorf("%s in steps of %d: %v", tt.name, step, err)
			}
		}
	}
}
