package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong, or worth knowing, about one key.
type Problem struct {
	File string // the file where the value stands, "" if it stands elsewhere
	Line int    // in File; 0 if unknown
	Env  string // the environment name that gave the value, "" if none did
	Key  string // path of the key, for example cache.memory.ttl; "" if it is about the whole
	Text string // what is wrong, what was found, and the cure
}

// String returns "file:line: key text".
func (p Problem) String() string {
	return p.place() + strings.TrimPrefix(p.Key+" ", " ") + p.Text
}

func (p Problem) place() string {
	switch {
	case p.Env != "":
		return "environment " + p.Env + ": "
	case p.File != "" && p.Line > 0:
		return fmt.Sprintf("%s:%d: ", p.File, p.Line)
	case p.File != "":
		return p.File + ": "
	}
	return ""
}

// Notice is something that the operator should know although nothing is wrong.
type Notice struct {
	Problem
	// Warning is true if the operator probably wants to change something.
	Warning bool
}

// Error is all that is wrong with a configuration, in the order in which it
// stands in the file, then that of the environment, then the rest.
type Error struct {
	Problems []Problem
}

// Error lists the problems, one per line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "configuration: %d problem%s", len(e.Problems), plural(len(e.Problems)))
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func sortProblems(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Env, b.Env),
		)
	})
	return slices.Compact(problems)
}

func rank(p Problem) int {
	switch {
	case p.File != "":
		return 0
	case p.Env != "":
		return 1
	}
	return 2
}
