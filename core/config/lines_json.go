package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// jsonIndex walks the tokens of a valid JSON text.
type jsonIndex struct {
	lines
	text    []byte
	tokens  *json.Decoder
	counted int64 // bytes before which newlines were counted
	line    int
}

func jsonLines(text []byte) lines {
	x := &jsonIndex{text: text, tokens: json.NewDecoder(bytes.NewReader(text)), line: 1}
	x.at = map[string]int{}
	x.value("")
	return x.lines
}

// value consumes one value, which stands at path.
func (x *jsonIndex) value(path string) {
	token, err := x.tokens.Token()
	if err != nil {
		return
	}
	if _, known := x.at[path]; !known && path != "" {
		x.at[path] = x.here()
	}
	switch token {
	case json.Delim('{'):
		x.object(path)
	case json.Delim('['):
		for i := 0; x.tokens.More(); i++ {
			x.value(element(path, i))
		}
	default:
		return
	}
	_, _ = x.tokens.Token() // the closing bracket
}

func (x *jsonIndex) object(path string) {
	seen := map[string]bool{}
	for x.tokens.More() {
		token, err := x.tokens.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return
		}
		at := join(path, key)
		if seen[key] {
			x.problems = append(x.problems, Problem{Line: x.here(), Key: at, Text: fmt.Sprintf(
				"is written twice, first on line %d; keep one", x.at[at],
			)})
		}
		seen[key] = true
		x.at[at] = x.here()
		x.value(at)
	}
}

// here returns the line on which the last token ended.
func (x *jsonIndex) here() int {
	offset := x.tokens.InputOffset()
	x.line += bytes.Count(x.text[x.counted:offset], []byte("\n"))
	x.counted = offset
	return x.line
}

func jsonError(text []byte, err error) (int, string) {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := text[:min(max(syntax.Offset-1, 0), int64(len(text)))]
		column := len(before) - bytes.LastIndexByte(before, '\n')
		return 1 + bytes.Count(before, []byte("\n")),
			fmt.Sprintf("%s (column %d)", strings.TrimPrefix(syntax.Error(), "json: "), column)
	}
	return 1, "the file must hold one JSON object"
}
