package pusher

import (
	"encoding/binary"
	"math/bits"
)

// scalar moves over a string, a number, true, false or null.
func (s *scanner) scalar() bool {
	if s.pos == len(s.b) {
		return false
	}
	switch c := s.b[s.pos]; {
	case c == '"':
		return s.str()
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	default:
		return s.word("null")
	}
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.pos < len(w) || string(s.b[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

// str moves over a string. Escapes come in crowds, where byte by byte is the
// fastest; after some bytes without one it takes longer steps.
func (s *scanner) str() bool {
	if s.pos == len(s.b) || s.b[s.pos] != '"' {
		return false
	}
	const calm = 12
	b, i, run := s.b, s.pos+1, 0
	for i < len(b) && b[i] != '"' && b[i] >= ' ' {
		if b[i] != '\\' {
			i++
			if run++; run == calm {
				i, run = plainEnd(b, i), 0
			}
			continue
		}
		n := escapeLen(b[i:])
		if n == 0 {
			break
		}
		i, run = i+n, 0
	}
	s.pos = i
	if i < len(b) && b[i] == '"' {
		s.pos++
		return true
	}
	return false
}

// escapeLen returns the length of the escape at the beginning of b, 0 if it is
// none that JSON knows.
func escapeLen(b []byte) int {
	if len(b) >= 2 && simpleEscape[b[1]] {
		return 2
	}
	return unicodeEscapeLen(b)
}

func unicodeEscapeLen(b []byte) int {
	if len(b) < 2 || b[1] != 'u' {
		return 0
	}
	if _, ok := hex4(b[2:]); !ok {
		return 0
	}
	return 6
}

var simpleEscape = [256]bool{'"': true, '\\': true, '/': true, 'b': true, 'f': true, 'n': true, 'r': true, 't': true}

// number moves over a number of any size.
func (s *scanner) number() bool {
	if s.b[s.pos] == '-' {
		s.pos++
	}
	if !s.zero() && !s.digits() {
		return false
	}
	if s.at('.') {
		s.pos++
		if !s.digits() {
			return false
		}
	}
	if s.at('e') || s.at('E') {
		s.pos++
		if s.at('+') || s.at('-') {
			s.pos++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) at(c byte) bool { return s.pos < len(s.b) && s.b[s.pos] == c }

func (s *scanner) zero() bool {
	if !s.at('0') {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.b) && '0' <= s.b[s.pos] && s.b[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

// plainEnd returns the index of the first byte at or after i that is a quote,
// a backslash or a control character, or len(b). It looks at eight bytes at a time.
func plainEnd(b []byte, i int) int {
	for i+8 <= len(b) {
		if m := specials(binary.LittleEndian.Uint64(b[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
		i += 8
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
		i++
	}
	return i
}

// specials marks bytes of w that end a plain run. The lowest mark is exact,
// marks above it may be wrong.
func specials(w uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quote := w ^ '"'*ones
	slash := w ^ '\\'*ones
	return ((quote-ones)&^quote | (slash-ones)&^slash | (w-' '*ones)&^w) & tops
}

// hex4 reads four hexadecimal digits.
func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
