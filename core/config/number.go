package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// bounds returns the smallest and the largest value, which is highest if the
// tag does not say otherwise.
func (f *field) bounds(highest float64) (low, high float64) {
	high = highest
	if text := f.tag.Get("min"); text != "" {
		low, _ = strconv.ParseFloat(text, 64)
	}
	if text := f.tag.Get("max"); text != "" {
		high, _ = strconv.ParseFloat(text, 64)
	}
	return low, high
}

func between(low, high float64) string {
	if high >= math.MaxUint32 {
		return fmt.Sprintf(", at least %v", low)
	}
	return fmt.Sprintf(" from %v to %v", low, high)
}

var errNoNumber = errors.New("not a number")

// number reads a number of any format, or one that is written as text.
func number(v any) (float64, error) {
	switch v := v.(type) {
	case string:
		return strconv.ParseFloat(strings.TrimSpace(v), 64)
	case float64:
		return v, nil
	}
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		return float64(r.Int()), nil
	case r.CanUint():
		return float64(r.Uint()), nil
	}
	return 0, errNoNumber
}
