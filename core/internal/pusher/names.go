package pusher

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is a string in either of Go's forms.
type Text interface {
	~string | ~[]byte
}

const (
	protocolPrefix = "pusher:"
	internalPrefix = "pusher_internal:"
	clientPrefix   = "client-"
)

// CheckEventName returns a *NameError unless name may be published: not empty,
// at most maxLen characters (0: any number), and not of the protocol's own.
func CheckEventName(name string, maxLen int) error {
	const what = "event name"
	switch {
	case name == "":
		return &NameError{What: what, Problem: "must not be empty"}
	case longerThan(name, maxLen):
		return tooLong(what, maxLen)
	case IsProtocolEvent(name):
		return &NameError{What: what, Problem: fmt.Sprintf("%.40q begins with a prefix that is reserved for the protocol", name)}
	}
	return nil
}

// IsProtocolEvent reports whether name is one of the protocol's own, which
// begin with "pusher:" or "pusher_internal:".
func IsProtocolEvent[T Text](name T) bool {
	return hasPrefix(name, protocolPrefix) || hasPrefix(name, internalPrefix)
}

// IsClientEvent reports whether name is of an event that clients may send,
// which begins with "client-".
func IsClientEvent[T Text](name T) bool { return hasPrefix(name, clientPrefix) }

// MaxUserID is the greatest number of characters in the id of a user.
const MaxUserID = 128

// CheckUserID returns a *NameError unless id may name a user: 1 to MaxUserID
// characters that can be seen.
func CheckUserID(id string) error {
	const what = "user id"
	switch {
	case id == "":
		return &NameError{What: what, Problem: "must not be empty"}
	case longerThan(id, MaxUserID):
		return tooLong(what, MaxUserID)
	case strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return &NameError{What: what, Problem: fmt.Sprintf("%q has a character that cannot be printed", id)}
	}
	return nil
}

func tooLong(what string, maxLen int) error {
	return &NameError{What: what, Problem: fmt.Sprintf("is longer than %d characters", maxLen), TooLong: true}
}

func longerThan(s string, maxLen int) bool {
	return maxLen > 0 && len(s) > maxLen && utf8.RuneCountInString(s) > maxLen
}

func hasPrefix[T Text](s T, prefix string) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == prefix
}
