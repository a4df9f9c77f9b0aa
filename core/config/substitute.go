package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// variable is ${NAME} or ${NAME:-default}; the default ends at the first }.
var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}`)

// plain are values that mean the same in every format, quoted or not.
var plain = regexp.MustCompile(`^-?[A-Za-z0-9/][A-Za-z0-9_./-]*$`)

// The ends of a stand-in: characters for private use, which no one types.
const standInBegin, standInEnd = "\uE0F1", "\uE0F2"

// substitution is a text whose variables were replaced.
type substitution struct {
	// text holds a stand-in for each value that is not plain, so that a quote or
	// a colon in a password is never taken for a part of the file.
	text string
	// spelled is the text with all values as they are.
	spelled string
	hidden  []string
	missing []missingVariable
}

type missingVariable struct {
	name string
	line int
}

// substitute replaces the variables of text. Variables without a value are
// missing, except in lines that are comments.
func substitute(text string, env map[string]string, comments bool) substitution {
	s := &substitution{}
	var out, spelled strings.Builder
	for n, line := range strings.SplitAfter(text, "\n") {
		comment := comments && strings.HasPrefix(strings.TrimSpace(line), "#")
		for _, piece := range split(line) {
			value, ok := piece.value(env)
			if !ok && !comment {
				s.missing = append(s.missing, missingVariable{piece.name, n + 1})
			}
			spelled.WriteString(value)
			out.WriteString(s.standIn(piece, value))
		}
	}
	s.text, s.spelled = out.String(), spelled.String()
	return *s
}

// piece is a stretch of a line: a variable, or text without one.
type piece struct {
	text, name, otherwise string
	hasDefault            bool
}

func split(line string) []piece {
	var pieces []piece
	at := 0
	for _, m := range variable.FindAllStringSubmatchIndex(line, -1) {
		pieces = append(pieces, piece{text: line[at:m[0]]})
		p := piece{text: line[m[0]:m[1]], name: line[m[2]:m[3]], hasDefault: m[4] >= 0}
		if p.hasDefault {
			p.otherwise = line[m[6]:m[7]]
		}
		pieces = append(pieces, p)
		at = m[1]
	}
	return append(pieces, piece{text: line[at:]})
}

// value returns what takes the piece's place; ok is false for a variable that
// has neither a value nor a default, which stays as it is.
func (p piece) value(env map[string]string) (value string, ok bool) {
	switch value = env[p.name]; {
	case p.name == "":
		return p.text, true
	case value != "":
		return value, true
	case p.hasDefault:
		return p.otherwise, true
	}
	return p.text, false
}

func (s *substitution) standIn(p piece, value string) string {
	if p.name == "" || value == p.otherwise || value == p.text || plain.MatchString(value) {
		return value
	}
	s.hidden = append(s.hidden, value)
	return standInBegin + strconv.Itoa(len(s.hidden)-1) + standInEnd
}

var standIn = regexp.MustCompile(standInBegin + `(\d+)` + standInEnd)

// reveal replaces the stand-ins in all texts of v, in place where v is a table
// or a list.
func (s *substitution) reveal(v any) any {
	switch v := v.(type) {
	case string:
		return standIn.ReplaceAllStringFunc(v, s.revealOne)
	case map[string]any:
		for key, value := range v {
			v[key] = s.reveal(value)
		}
	case []any:
		for i, value := range v {
			v[i] = s.reveal(value)
		}
	}
	return v
}

func (s *substitution) revealOne(found string) string {
	number := strings.TrimSuffix(strings.TrimPrefix(found, standInBegin), standInEnd)
	if n, err := strconv.Atoi(number); err == nil && n < len(s.hidden) {
		return s.hidden[n]
	}
	return found
}

func (m missingVariable) problem(file string) Problem {
	return Problem{File: file, Line: m.line, Text: fmt.Sprintf(
		"${%s}: the environment does not set %s; set it, or write ${%s:-default}", m.name, m.name, m.name,
	)}
}
