package appjson

import (
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Problem is one thing that is wrong with a document.
type Problem struct {
	// Path leads to the field, for example "policy.webhooks[0].url"; "" is the
	// document itself.
	Path string
	// Text says what must be there and, unless it could be a secret, what was found.
	Text string
}

// String returns "path: text".
func (p Problem) String() string {
	if p.Path == "" {
		return p.Text
	}
	return p.Path + ": " + p.Text
}

// Problems is all that is wrong with a document, in a stable order. As an error
// it is contract.ErrInvalid; take it out of an error with errors.As.
type Problems []Problem

// Error lists the problems, separated by "; ".
func (ps Problems) Error() string {
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.String()
	}
	return strings.Join(texts, "; ")
}

// Is makes errors.Is(err, contract.ErrInvalid) true.
func (ps Problems) Is(target error) bool { return target == contract.ErrInvalid }

// Under returns the problems with their paths inside another document, where
// this one stands at prefix (for example "apps[2]").
func (ps Problems) Under(prefix string) Problems {
	moved := make(Problems, len(ps))
	for i, p := range ps {
		moved[i] = Problem{Path: join(prefix, p.Path), Text: p.Text}
	}
	return moved
}

// join makes a path of two; an index such as "[0]" needs no dot.
func join(at, name string) string {
	if at == "" || name == "" || strings.HasPrefix(name, "[") {
		return at + name
	}
	return at + "." + name
}
