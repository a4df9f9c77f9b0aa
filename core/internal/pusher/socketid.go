package pusher

import (
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
)

// SocketID names one connection: two numbers below 10^10, written with a dot
// between them. The zero value names no connection. Values are comparable.
type SocketID struct {
	high, low uint64
}

const socketIDPart = 10_000_000_000

// ErrSocketID is returned for text that is not two numbers with a dot between.
var ErrSocketID = errors.New(`socket id must be two numbers with a dot between them, such as "123.456"`)

// NewSocketID draws an id from random, which should be crypto/rand.Reader. It
// fails only if random does.
func NewSocketID(random io.Reader) (SocketID, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return SocketID{}, err
	}
	// 64 random bits are so many more than are needed that the remainder is even.
	return SocketID{
		high: 1 + binary.LittleEndian.Uint64(b[:8])%(socketIDPart-1),
		low:  1 + binary.LittleEndian.Uint64(b[8:])%(socketIDPart-1),
	}, nil
}

// ParseSocketID reads the form digits, dot, digits; ErrSocketID for anything
// else. Digits that no connection of this server can have, such as a number of
// 10^10 or more or one with leading zeros, are well-formed and give the zero
// SocketID.
func ParseSocketID(s string) (SocketID, error) {
	high, low, _ := strings.Cut(s, ".")
	if !isDigits(high) || !isDigits(low) {
		return SocketID{}, ErrSocketID
	}
	h, okHigh := socketNumber(high)
	l, okLow := socketNumber(low)
	if !okHigh || !okLow {
		return SocketID{}, nil
	}
	return SocketID{h, l}, nil
}

// Parts returns the two numbers of the id, for SocketIDOf.
func (id SocketID) Parts() (high, low uint64) { return id.high, id.low }

// SocketIDOf returns the id with these numbers; the zero SocketID if no
// connection can have them.
func SocketIDOf(high, low uint64) SocketID {
	if high == 0 || low == 0 || high >= socketIDPart || low >= socketIDPart {
		return SocketID{}
	}
	return SocketID{high, low}
}

// IsZero reports whether id names no connection.
func (id SocketID) IsZero() bool { return id == SocketID{} }

// String returns the id as clients see it.
func (id SocketID) String() string {
	var b [21]byte
	return string(id.AppendTo(b[:0]))
}

// AppendTo appends the text of the id, at most 21 bytes, to dst.
func (id SocketID) AppendTo(dst []byte) []byte {
	dst = strconv.AppendUint(dst, id.high, 10)
	dst = append(dst, '.')
	return strconv.AppendUint(dst, id.low, 10)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func socketNumber(digits string) (uint64, bool) {
	if digits[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil && n < socketIDPart
}
