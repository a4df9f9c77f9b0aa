package pusher

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// maxDepth bounds how deep arrays and objects may be nested in one value.
const maxDepth = 512

// syntaxError says where a text stops to be JSON.
type syntaxError struct{ offset int }

func (e *syntaxError) Error() string { return fmt.Sprintf("not valid JSON at byte %d", e.offset) }

// scanner walks over JSON text and accepts what encoding/json accepts, up to
// maxDepth. Each method that returns false leaves pos where the text is wrong.
type scanner struct {
	b   []byte
	pos int
}

func (s *scanner) syntaxError() error { return &syntaxError{s.pos} }

// space moves to the next byte that is not white space.
func (s *scanner) space() {
	for s.pos < len(s.b) && s.b[s.pos] <= ' ' && isSpace(s.b[s.pos]) {
		s.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// take moves over white space, and over c if it comes then.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.pos < len(s.b) && s.b[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

// peek moves over white space and returns the byte after it, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.pos < len(s.b) {
		return s.b[s.pos]
	}
	return 0
}

// end reports whether nothing but white space is left.
func (s *scanner) end() bool {
	s.space()
	return s.pos == len(s.b)
}

// value moves over one value of any kind, before which there is no white space.
func (s *scanner) value() bool {
	if s.pos < len(s.b) && s.b[s.pos] != '{' && s.b[s.pos] != '[' {
		return s.scalar()
	}
	return s.container()
}

func (s *scanner) container() bool {
	var open nesting
	for {
		inside, ok := s.begin(&open)
		if !ok {
			return false
		}
		if inside {
			continue
		}
		more, ok := s.after(&open)
		if !ok || !more {
			return ok
		}
	}
}

// begin moves over a scalar or an empty container; or it enters a container
// up to its first value and returns inside.
func (s *scanner) begin(open *nesting) (inside, ok bool) {
	switch s.peek() {
	case '{':
		s.pos++
		if s.take('}') {
			return false, open.depth < maxDepth
		}
		return true, open.push(true) && s.key()
	case '[':
		s.pos++
		if s.take(']') {
			return false, open.depth < maxDepth
		}
		return true, open.push(false)
	default:
		return false, s.scalar()
	}
}

// after moves from the end of a value to the beginning of the next one within
// the open containers; more is false when all of them are closed.
func (s *scanner) after(open *nesting) (more, ok bool) {
	for open.depth > 0 {
		object := open.top()
		switch c := s.peek(); {
		case c == ',':
			s.pos++
			return true, !object || s.key()
		case c == '}' && object, c == ']' && !object:
			s.pos++
			open.depth--
		default:
			return false, false
		}
	}
	return false, true
}

// key moves over a name and its colon.
func (s *scanner) key() bool {
	s.space()
	return s.str() && s.take(':')
}

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

// nesting remembers for each open container whether it is an object.
type nesting struct {
	objects [maxDepth / 64]uint64
	depth   int
}

func (n *nesting) push(object bool) bool {
	if n.depth == maxDepth {
		return false
	}
	word, bit := n.depth/64, uint64(1)<<(n.depth%64)
	if object {
		n.objects[word] |= bit
	} else {
		n.objects[word] &^= bit
	}
	n.depth++
	return true
}

func (n *nesting) top() bool {
	i := n.depth - 1
	return n.objects[i/64]>>(i%64)&1 == 1
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
