package rfc6455

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// exchange is what a client sends, and what it gets for it.
type exchange struct {
	section, name string
	send          []string // frames, written at once
	pongs         []string // payloads of the pongs that come first
	answers       int      // answers to questions that come then
	code          int      // of the close frame that ends the connection; goesOn: none
}

// goesOn and withoutCode are codes of an exchange that ends nothing, and of a close
// frame that has none.
const (
	goesOn      = -1
	withoutCode = 0
)

func (e exchange) run(t *testing.T, p *peer) {
	p.send(t, e.send...)
	for _, payload := range e.pongs {
		p.wants(t, fin|pong, payload)
	}
	for range e.answers {
		p.wants(t, fin|text, answer)
	}
	if e.code != goesOn {
		p.wantsEnd(t, e.code)
		return
	}
	p.alive(t)
}

// alive proves that the connection goes on. Complaints of the Pusher protocol are
// none of WebSocket's.
func (p *peer) alive(t *testing.T) {
	t.Helper()
	p.send(t, masked(fin|text, question))
	for {
		first, payload := p.frame(t)
		if string(payload) == answer {
			return
		}
		if first != fin|text || !complains(payload) {
			t.Fatalf("got a frame %#x %.200q, want an answer", first, payload)
		}
	}
}

func complains(payload []byte) bool {
	return bytes.HasPrefix(payload, []byte(`{"event":"pusher:error"`))
}

func runTable(t *testing.T, table []exchange, offer string) {
	t.Helper()
	onBoth(t, func(t *testing.T, s *launch.Server) {
		for _, e := range table {
			t.Run(e.section+" "+e.name, func(t *testing.T) {
				p, _ := open(t, s, offer)
				e.run(t, p)
			})
		}
	})
}

// ignored is a message of n bytes that is answered with nothing.
func ignored(n int) string {
	const head, tail = `{"event":"unheard-of","data":"`, `"}`
	return head + strings.Repeat("x", n-len(head)-len(tail)) + tail
}

// inPieces cuts a text into frames of one message.
func inPieces(pieces ...string) []string {
	frames := make([]string, len(pieces))
	for i, piece := range pieces {
		first := byte(cont)
		if i == 0 {
			first = text
		}
		if i == len(pieces)-1 {
			first |= fin
		}
		frames[i] = masked(first, piece)
	}
	return frames
}

// long writes the length n of a text frame in so many bytes.
func long(n uint64, size int) string {
	b := []byte{fin | text, 0x80 | map[int]byte{2: 126, 8: 127}[size]}
	for i := size - 1; i >= 0; i-- {
		b = append(b, byte(n>>(8*i)))
	}
	return string(b) + "\x00\x00\x00\x00"
}

func framing() []exchange {
	table := []exchange{
		{"5.1", "a frame without a mask", []string{string(header(fin|text, 0, len(question))) + question}, nil, 0, 1002},
		{"5.2", "a text frame", []string{masked(fin|text, question)}, nil, 1, goesOn},
		{"5.2", "many frames in one packet", []string{strings.Repeat(masked(fin|text, question), 20)}, nil, 20, goesOn},
		{"5.2", "a length whose top bit is set", []string{long(1<<63, 8)}, nil, 0, 1002},
		{"5.2", "a length of 64 bits beyond the limit", []string{long(1<<62, 8)}, nil, 0, 1009},
		{"5.2", "a length in more bytes than it needs", []string{long(uint64(len(question)), 2) + question, long(uint64(len(question)), 8) + question}, nil, 2, goesOn},
		{"5.6", "a binary message, which Pusher has no use for", []string{masked(fin|binary2, question)}, nil, 0, 1003},
		{"5.6", "an empty text message, which is no event", []string{masked(fin|text, "")}, nil, 0, goesOn},
		{"7.4.1", "a message over the limit", []string{masked(fin|text, ignored(400_000))}, nil, 0, 1009},
		{"7.4.1", "pieces over the limit", inPieces(ignored(100_000), ignored(100_000), ignored(100_000)), nil, 0, 1009},
	}
	for _, n := range []int{125, 126, 127, 128, 65535, 65536, 100_000} {
		table = append(table, exchange{"5.2", fmt.Sprintf("%d bytes", n), []string{masked(fin|text, ignored(n))}, nil, 0, goesOn})
	}
	for name, bits := range map[string]byte{"RSV1": rsv1, "RSV2": rsv2, "RSV3": rsv3, "all reserved bits": rsv1 | rsv2 | rsv3} {
		for kind, first := range map[string]byte{"text": fin | text, "a ping": fin | ping, "a close": fin | closing} {
			table = append(table, exchange{"5.2", name + " in " + kind, []string{masked(first|bits, "")}, nil, 0, 1002})
		}
	}
	for _, opcode := range []byte{0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF} {
		table = append(table, exchange{"5.2", fmt.Sprintf("opcode %X", opcode), []string{masked(fin|opcode, "")}, nil, 0, 1002})
	}
	return table
}

func TestFraming(t *testing.T) { runTable(t, framing(), withoutExtensions) }

func TestFragmentation(t *testing.T) {
	whole := masked(fin|text, question)
	runTable(t, []exchange{
		{"5.4", "two pieces", inPieces(question[:5], question[5:]), nil, 1, goesOn},
		{"5.4", "a piece per byte", inPieces(strings.Split(question, "")...), nil, 1, goesOn},
		{"5.4", "empty pieces", inPieces("", question[:5], "", question[5:], ""), nil, 1, goesOn},
		{"5.4", "a message of empty pieces", inPieces("", "", ""), nil, 0, goesOn},
		{"5.4", "two messages in pieces", append(inPieces(question[:5], question[5:]), inPieces(question[:9], question[9:])...), nil, 2, goesOn},
		{"5.4", "a ping between pieces", []string{masked(text, question[:5]), masked(fin|ping, "now"), masked(fin|cont, question[5:])}, []string{"now"}, 1, goesOn},
		{"5.4", "a close between pieces", []string{masked(text, question[:5]), masked(fin|closing, "\x03\xe8")}, nil, 0, 1000},
		{"5.4", "a continuation of nothing", []string{masked(fin|cont, question)}, nil, 0, 1002},
		{"5.4", "an unfinished continuation of nothing", []string{masked(cont, question)}, nil, 0, 1002},
		{"5.4", "a continuation after the last piece", append(inPieces(question[:5], question[5:]), masked(fin|cont, "")), nil, 0, 1002},
		{"5.4", "a message in another", []string{masked(text, question[:5]), whole}, nil, 0, 1002},
		{"5.4", "the start of a message in another", []string{masked(text, question[:5]), masked(text, question)}, nil, 0, 1002},
		{"5.4", "a binary message in a text", []string{masked(text, question[:5]), masked(fin|binary2, question)}, nil, 0, 1002},
		{"5.5", "a ping in pieces", []string{masked(ping, ""), masked(fin|cont, "")}, nil, 0, 1002},
		{"5.5", "a close in pieces", []string{masked(closing, ""), masked(fin|cont, "")}, nil, 0, 1002},
	}, withoutExtensions)
}

// A message that arrives byte by byte is the same message.
func TestSlowBytes(t *testing.T) {
	onBoth(t, func(t *testing.T, s *launch.Server) {
		p, _ := open(t, s, withoutExtensions)
		for _, b := range []byte(masked(text, question[:7]) + masked(fin|ping, "x") + masked(fin|cont, question[7:])) {
			p.send(t, string([]byte{b}))
		}
		p.wants(t, fin|pong, "x")
		p.wants(t, fin|text, answer)
	})
}
