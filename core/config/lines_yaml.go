package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func yamlLines(text []byte) lines {
	x := lines{at: map[string]int{}}
	documents := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	if documents.Decode(&first) != nil {
		return x
	}
	for _, root := range first.Content {
		x.yamlNode("", root)
	}
	if err := documents.Decode(&second); !errors.Is(err, io.EOF) {
		x.problems = append(x.problems, Problem{
			Line: second.Line, Text: "only the first YAML document of the file would be read; remove what follows ---",
		})
	}
	return x
}

func (x *lines) yamlNode(path string, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			at := join(path, n.Content[i].Value)
			x.at[at] = n.Content[i].Line
			x.yamlNode(at, n.Content[i+1])
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			at := element(path, i)
			x.at[at] = item.Line
			x.yamlNode(at, item)
		}
	}
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

func yamlError(text []byte, err error) (int, string) {
	var root yaml.Node
	if yaml.Unmarshal(text, &root) == nil && len(root.Content) == 1 && root.Content[0].Kind != yaml.MappingNode {
		return root.Content[0].Line, "the file must hold a table of keys"
	}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		return line, m[2]
	}
	return 0, strings.TrimPrefix(err.Error(), "yaml: ")
}
