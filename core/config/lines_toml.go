package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlIndex walks the expressions of a valid TOML text.
type tomlIndex struct {
	lines
	parser unstable.Parser
	table  string         // path of the table that the following keys belong to
	last   map[string]int // arrays of tables: the number of the last element
	offset uint32         // bytes before which newlines were counted
	line   int
}

func tomlLines(text []byte) lines {
	x := &tomlIndex{last: map[string]int{}, line: 1}
	x.at = map[string]int{}
	x.parser.Reset(text)
	for x.parser.NextExpression() {
		switch e := x.parser.Expression(); e.Kind {
		case unstable.Table:
			x.table = x.key("", e.Key())
		case unstable.ArrayTable:
			x.table = x.nextElement(e)
		case unstable.KeyValue:
			x.keyValue(x.table, e)
		}
	}
	return x.lines
}

// key returns the path of a dotted key under the table at path, and notes the
// line of each of its parts. A part that is an array of tables means its last element.
func (x *tomlIndex) key(path string, parts unstable.Iterator) string {
	for parts.Next() {
		part := parts.Node()
		path = join(path, string(part.Data))
		x.note(path, part.Raw)
		if n, isArray := x.last[path]; isArray {
			path = element(path, n)
		}
	}
	return path
}

// nextElement returns the path of the element that [[key]] begins.
func (x *tomlIndex) nextElement(e *unstable.Node) string {
	path, line := "", 0
	for parts := e.Key(); parts.Next(); {
		part := parts.Node()
		path = join(path, string(part.Data))
		line = x.note(path, part.Raw)
		n, isArray := x.last[path]
		if parts.IsLast() && isArray {
			n++
		}
		if parts.IsLast() {
			x.last[path], isArray = n, true
		}
		if isArray {
			path = element(path, n)
		}
	}
	x.at[path] = line
	return path
}

func (x *tomlIndex) keyValue(table string, e *unstable.Node) {
	x.value(x.key(table, e.Key()), e.Value())
}

func (x *tomlIndex) value(path string, v *unstable.Node) {
	children := v.Children()
	switch v.Kind {
	case unstable.InlineTable:
		for children.Next() {
			x.keyValue(path, children.Node())
		}
	case unstable.Array:
		for i := 0; children.Next(); i++ {
			child := children.Node()
			at := element(path, i)
			if child.Raw.Length > 0 {
				x.note(at, child.Raw)
			}
			x.value(at, child)
		}
	}
}

// note remembers the line of the first mention of path and returns the line.
func (x *tomlIndex) note(path string, raw unstable.Range) int {
	if raw.Offset < x.offset {
		x.offset, x.line = 0, 1
	}
	x.line += strings.Count(string(x.parser.Data()[x.offset:raw.Offset]), "\n")
	x.offset = raw.Offset
	if _, known := x.at[path]; !known {
		x.at[path] = x.line
	}
	return x.line
}

func tomlError(_ []byte, err error) (int, string) {
	what := strings.TrimPrefix(err.Error(), "toml: ")
	if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := decode.Position()
		return line, fmt.Sprintf("%s (column %d)", what, column)
	}
	return 0, what
}
