package rfc6455

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

func TestPingsAndPongs(t *testing.T) {
	most := strings.Repeat("x", 125)
	runTable(t, []exchange{
		{"5.5.2", "a ping", []string{masked(fin|ping, "")}, []string{""}, 0, goesOn},
		{"5.5.2", "a ping with bytes that are no text", []string{masked(fin|ping, "\x00\xff\xfe\xfd")}, []string{"\x00\xff\xfe\xfd"}, 0, goesOn},
		{"5.5.2", "a ping with 125 bytes", []string{masked(fin|ping, most)}, []string{most}, 0, goesOn},
		{"5.5", "a ping with 126 bytes", []string{masked(fin|ping, most+"x")}, nil, 0, 1002},
		{"5.5.2", "ten pings", strings.Split(strings.TrimSuffix(strings.Repeat(masked(fin|ping, "a")+"|", 10), "|"), "|"), strings.Split(strings.Repeat("a", 10), ""), 0, goesOn},
		{"5.5.3", "a pong that nobody asked for", []string{masked(fin|pong, "")}, nil, 0, goesOn},
		{"5.5.3", "a pong with a payload", []string{masked(fin|pong, most), masked(fin|ping, "after")}, []string{"after"}, 0, goesOn},
		{"5.5", "a pong with 126 bytes", []string{masked(fin|pong, most+"x")}, nil, 0, 1002},
		{"5.1", "a ping without a mask", []string{string(header(fin|ping, 0, 0))}, nil, 0, 1002},
	}, withoutExtensions)
}

// closeWith is a client's close frame.
func closeWith(code int, reason string) string {
	return masked(fin|closing, string(binary.BigEndian.AppendUint16(nil, uint16(code)))+reason)
}

func TestClose(t *testing.T) {
	whole := masked(fin|text, question)
	table := []exchange{
		{"5.5.1", "no code", []string{masked(fin|closing, "")}, nil, 0, withoutCode},
		{"5.5.1", "half a code", []string{masked(fin|closing, "\x03")}, nil, 0, 1002},
		{"5.5.1", "the longest reason", []string{closeWith(1000, strings.Repeat("x", 123))}, nil, 0, 1000},
		{"5.5.1", "a reason that is too long", []string{closeWith(1000, strings.Repeat("x", 124))}, nil, 0, 1002},
		{"5.5.1", "a reason that is no UTF-8", []string{closeWith(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80")}, nil, 0, 1007},
		{"5.5.1", "what comes after a close is not looked at", []string{closeWith(1000, ""), whole, masked(fin|ping, "x")}, nil, 0, 1000},
		{"7.1.5", "a second close", []string{closeWith(1000, ""), closeWith(1001, "")}, nil, 0, 1000},
	}
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999} {
		table = append(table, exchange{"5.5.1, 7.4", fmt.Sprintf("code %d is repeated", code), []string{closeWith(code, "bye")}, nil, 0, code})
	}
	for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		table = append(table, exchange{"7.4", fmt.Sprintf("code %d is not for the wire", code), []string{closeWith(code, "")}, nil, 0, 1002})
	}
	runTable(t, table, withoutExtensions)
}

func TestUTF8(t *testing.T) {
	var table []exchange
	wrap := func(s string) string { return `{"event":"unheard-of","data":"` + s + `"}` }
	for name, s := range map[string]string{
		"two bytes": "\u00e4", "three bytes": "\u20ac", "four bytes": "\U0001f986", "the last code point": "\U0010ffff",
		"noncharacters": "\ufffe\uffff", "a byte order mark": "\ufeff", "before the surrogates": "\ud7ff", "behind the surrogates": "\ue000",
	} {
		table = append(table, exchange{"8.1", name, []string{masked(fin|text, wrap(s))}, nil, 0, goesOn},
			exchange{"8.1", name + ", cut", inPieces(strings.Split(wrap(s), "")...), nil, 0, goesOn},
			exchange{"8.1", name + ", cut inside", inPieces(wrap(s)[:31], wrap(s)[31:]), nil, 0, goesOn})
	}
	for name, s := range map[string]string{
		"a continuation byte alone": "\x80", "a start without the rest": "\xc3", "FF": "\xff", "an overlong slash": "\xc0\xaf",
		"an overlong zero": "\xe0\x80\x80", "a surrogate": "\xed\xa0\x80", "beyond Unicode": "\xf4\x90\x80\x80", "five bytes": "\xf8\x88\x80\x80\x80",
		"text that ends in the middle": "\xe2\x82",
	} {
		table = append(table, exchange{"8.1", name, []string{masked(fin|text, wrap(s))}, nil, 0, 1007},
			exchange{"8.1", name + ", cut", inPieces(wrap(s)[:31], wrap(s)[31:]), nil, 0, 1007})
	}
	runTable(t, table, withoutExtensions)
}
