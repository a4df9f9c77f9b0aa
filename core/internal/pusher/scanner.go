package pusher

import "fmt"

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
