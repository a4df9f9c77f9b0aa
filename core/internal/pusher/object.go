package pusher

import (
	"bytes"
	"errors"
	"slices"
)

var errNotObject = errors.New("not a JSON object")

// readObject checks that b is one JSON object and nothing else, and sets
// values[i] to the value of the key names[i] as it stands in b: nil if the key
// is absent, the last one if it comes more than once. Names are compared
// exactly; other keys are checked and ignored.
func readObject(b []byte, names []string, values [][]byte) error {
	s := scanner{b: b}
	if !s.take('{') {
		return errNotObject
	}
	for first := true; ; first = false {
		if first && s.take('}') {
			break
		}
		name, value, ok := s.member()
		if !ok {
			return s.syntaxError()
		}
		if i := indexName(names, name); i >= 0 {
			values[i] = value
		}
		if s.take('}') {
			break
		}
		if !s.take(',') {
			return s.syntaxError()
		}
	}
	if !s.end() {
		return s.syntaxError()
	}
	return nil
}

// member moves over a name and a value and returns both; the name without its
// quotes, but with its escapes.
func (s *scanner) member() (name, value []byte, ok bool) {
	s.space()
	start := s.pos
	if !s.str() {
		return nil, nil, false
	}
	name = s.b[start+1 : s.pos-1]
	if !s.take(':') {
		return nil, nil, false
	}
	s.space()
	start = s.pos
	if !s.value() {
		return nil, nil, false
	}
	return name, s.b[start:s.pos:s.pos], true
}

func indexName(names []string, name []byte) int {
	for i, n := range names {
		if string(name) == n {
			return i
		}
	}
	if bytes.IndexByte(name, '\\') >= 0 {
		return slices.Index(names, string(unescape(name)))
	}
	return -1
}

// readArray calls each with the elements of the JSON array b, which was checked
// before, until there are no more or each fails. It reports whether b is an array.
func readArray(b []byte, each func(element []byte) error) (isArray bool, err error) {
	s := scanner{b: b}
	if !s.take('[') {
		return false, nil
	}
	if s.take(']') {
		return true, nil
	}
	for {
		s.space()
		start := s.pos
		if !s.value() {
			return true, s.syntaxError()
		}
		if err := each(b[start:s.pos:s.pos]); err != nil {
			return true, err
		}
		if !s.take(',') {
			return true, nil
		}
	}
}

// isNull reports whether a value is absent or null.
func isNull(raw []byte) bool { return len(raw) == 0 || raw[0] == 'n' }

// isString reports whether a value is a string.
func isString(raw []byte) bool { return len(raw) > 0 && raw[0] == '"' }

// stringOf returns the text of a string, or nil and whether the value is
// absent or null. The text aliases raw if that needs no unescaping.
func stringOf(raw []byte) (text []byte, ok bool) {
	if !isString(raw) {
		return nil, isNull(raw)
	}
	return textOf(raw), true
}
