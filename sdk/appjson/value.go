package appjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
)

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

// kindOf names the kind of a JSON value without showing it.
func kindOf(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// shown returns a JSON value for an error text: scalars as they stand, cut to a
// readable length, others by their kind.
func shown(raw json.RawMessage) string {
	const most = 40
	raw = bytes.TrimSpace(raw)
	if kind := kindOf(raw); kind == "an object" || kind == "a list" {
		return kind
	}
	if len(raw) > most {
		return strings.ToValidUTF8(string(raw[:most]), "") + "..."
	}
	return string(raw)
}

// whole reads a number from 0 to the most that T holds; nil if absent. The
// number may stand in a string, and may be written with a point or an exponent
// as long as it is whole.
func whole[T uint32 | uint64](o object, name string) *T {
	raw, ok := o.take(name)
	if !ok {
		return nil
	}
	most := uint64(^T(0))
	n, err := parseWhole(digits(raw))
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && n > most:
		o.r.addf(o.path(name), "must be from 0 to %d, found %s", most, shown(raw))
		return nil
	case err != nil:
		o.r.addf(o.path(name), "must be a whole number, found %s", shown(raw))
		return nil
	}
	value := T(n)
	return &value
}

// digits returns the text of a JSON number, or of a string that holds one.
func digits(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(bytes.TrimSpace(raw))
}

// parseWhole returns strconv.ErrRange for a whole number that is negative or
// too large, and strconv.ErrSyntax for anything else that is no whole number.
func parseWhole(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) || !json.Valid([]byte(s)) {
		return n, err
	}
	const exact = 1 << 53 // above it a float64 no longer holds every whole number
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return 0, err
	case f != math.Trunc(f):
		return 0, strconv.ErrSyntax
	case f < 0 || f >= exact:
		return 0, strconv.ErrRange
	}
	return uint64(f), nil
}
