package pusher

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// textOf returns the text of an encoded JSON string that was checked before.
// It aliases raw unless that has escapes or is not valid UTF-8.
func textOf(raw []byte) []byte {
	raw = raw[1 : len(raw)-1]
	if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return raw
	}
	return unescape(raw)
}

// unescape returns the text of an encoded JSON string without its quotes.
// What is no Unicode becomes U+FFFD, as encoding/json has it.
func unescape(s []byte) []byte {
	dst := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\\':
			r, n := escaped(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

// escaped returns the character that the escape at the beginning of s stands
// for, and how long the escape is.
func escaped(s []byte) (rune, int) {
	switch s[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return escapedUnit(s)
	default:
		return rune(s[1]), 2
	}
}

func escapedUnit(s []byte) (rune, int) {
	r, _ := hex4(s[2:])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		low, _ := hex4(s[8:])
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// DataSize returns the number of bytes of an event's data as limits count it:
// of the text if raw is an encoded JSON string, else of raw itself.
func DataSize(raw []byte) int {
	if !isString(raw) {
		return len(raw)
	}
	s := raw[1 : len(raw)-1]
	size := 0
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return size + len(s)
		}
		r, n := escaped(s[i:])
		size += i + utf8.RuneLen(r)
		s = s[i+n:]
	}
}

// appendQuoted appends s as a JSON string.
func appendQuoted[T Text](dst []byte, s T) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s, false)
	return append(dst, '"')
}

// appendQuotedTwice appends s as a JSON string within a JSON string.
func appendQuotedTwice[T Text](dst []byte, s T) []byte {
	dst = append(dst, `\"`...)
	dst = appendEscaped(dst, s, true)
	return append(dst, `\"`...)
}

// appendEscaped appends s as the inside of a JSON string, or of one within
// another. Bytes that are not UTF-8 become U+FFFD.
func appendEscaped[T Text](dst []byte, s T, twice bool) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plainByte[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, c, twice)
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, s[start:i]...)
			dst = utf8.AppendRune(dst, utf8.RuneError)
			start = i + n
		}
		i += n
	}
	return append(dst, s[start:]...)
}

func appendEscape(dst []byte, c byte, twice bool) []byte {
	dst = append(dst, '\\')
	if twice {
		dst = append(dst, '\\')
	}
	switch c {
	case '"', '\\':
		if twice {
			dst = append(dst, '\\')
		}
		return append(dst, c)
	case '\b':
		return append(dst, 'b')
	case '\f':
		return append(dst, 'f')
	case '\n':
		return append(dst, 'n')
	case '\r':
		return append(dst, 'r')
	case '\t':
		return append(dst, 't')
	default:
		const digits = "0123456789abcdef"
		return append(dst, 'u', '0', '0', digits[c>>4], digits[c&15])
	}
}

// plainByte marks the ASCII characters that need no escape.
var plainByte = func() (plain [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

// appendValid appends b with each byte that is not UTF-8 replaced by U+FFFD.
func appendValid(dst, b []byte) []byte {
	if utf8.Valid(b) {
		return append(dst, b...)
	}
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		dst = utf8.AppendRune(dst, r)
		b = b[n:]
	}
	return dst
}
