package contract

import (
	"fmt"
	"slices"
	"strings"
)

// OptionErrors is returned by a driver's constructor when its options are
// wrong: all problems at once. It is an ErrInvalid and crosses the process
// border as it is. The empty value is ready to collect problems:
//
//	var p contract.OptionErrors
//	p.Within("ttl", o.TTL, 0, 86_400)
//	p.Unless(o.Host != "", "host", "must not be empty")
//	return p.Err()
//
// Collecting is for one goroutine at a time.
type OptionErrors []OptionError

// OptionError is one wrong option.
type OptionError struct {
	// Path is the option's place: names joined by dots, indices in brackets,
	// as in "nodes[2].host". Empty for the options as a whole.
	Path string
	// Problem says what was found and what is wanted; never a secret.
	Problem string
}

// Error returns one line per problem.
func (e OptionErrors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.Problem
		if p.Path != "" {
			lines[i] = p.Path + ": " + p.Problem
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns ErrInvalid.
func (e OptionErrors) Unwrap() error { return ErrInvalid }

// Addf adds a problem of the option at path.
func (e *OptionErrors) Addf(path, format string, args ...any) {
	*e = append(*e, OptionError{Path: path, Problem: fmt.Sprintf(format, args...)})
}

// Unless adds a problem of the option at path if ok is false.
func (e *OptionErrors) Unless(ok bool, path, format string, args ...any) {
	if !ok {
		e.Addf(path, format, args...)
	}
}

// Within adds a problem if value is not from least to most.
func (e *OptionErrors) Within(path string, value, least, most int64) {
	e.Unless(value >= least && value <= most, path, "must be from %d to %d, is %d", least, most, value)
}

// OneOf adds a problem if value is none of those allowed. It is quoted, so it
// must be no secret.
func (e *OptionErrors) OneOf(path, value string, allowed ...string) {
	e.Unless(slices.Contains(allowed, value), path, "must be one of %s, is %q", strings.Join(allowed, ", "), value)
}

// Err returns what was collected as an error, nil if nothing was.
func (e OptionErrors) Err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}
