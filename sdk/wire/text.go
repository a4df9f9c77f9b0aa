package wire

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// validText returns text as a string that protobuf accepts, cut to max bytes.
func validText(text string, max int) string {
	if len(text) > max {
		text = text[:max]
	}
	if utf8.ValidString(text) {
		return text
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// text returns what a driver said as a string that protobuf accepts: one bad
// byte would cost all the answers of a message.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// texts is text for each of them; it returns the argument if all are well.
func texts(list []string) []string {
	for i, s := range list {
		if !utf8.ValidString(s) {
			list = slices.Clone(list)
			for ; i < len(list); i++ {
				list[i] = text(list[i])
			}
			return list
		}
	}
	return list
}

// toMillis rounds up, so that a time that is not zero does not become zero;
// negative times become -1.
func toMillis(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	ms := int64(d / time.Millisecond)
	if d%time.Millisecond != 0 {
		ms++
	}
	return ms
}

// fromMillis is the inverse; it does not overflow, and negative times become -1 ns.
func fromMillis(ms int64) time.Duration {
	switch {
	case ms < 0:
		return -1
	case ms > math.MaxInt64/int64(time.Millisecond):
		return math.MaxInt64
	default:
		return time.Duration(ms) * time.Millisecond
	}
}

// millisUntil is the deadline field of an operation: at least 1 for a deadline
// in the future, else -1.
func millisUntil(deadline, now time.Time) int64 {
	left := deadline.Sub(now)
	if left <= 0 {
		return -1
	}
	return toMillis(left)
}

func toUnixMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromUnixMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
