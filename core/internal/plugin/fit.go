package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// unknownOption begins what is said of an option that the schema does not name.
const unknownOption = "is unknown"

// fit leaves out what the plugin does not know of the options, where they say no
// more than usual ones: a plugin that is older than the server does by itself what
// the server would have it do. What an operator has set is never left out. It
// returns the options and the names of what it has left out.
func fit(schema string, options, usual json.RawMessage) (fitting json.RawMessage, left []string) {
	problems, _ := errors.AsType[contract.OptionErrors](checkOptions(schema, options))
	var all, spared map[string]any
	for _, p := range problems {
		if !strings.HasPrefix(p.Problem, unknownOption) || len(usual) == 0 {
			continue
		}
		if all == nil && (decodeObject(options, &all) != nil || decodeObject(usual, &spared) != nil) {
			return options, nil
		}
		table, name, value := find(all, p.Path)
		if _, _, same := find(spared, p.Path); table != nil && value != nil && reflect.DeepEqual(value, same) {
			delete(table, name)
			left = append(left, p.Path)
		}
	}
	if len(left) == 0 {
		return options, nil
	}
	fitting, err := json.Marshal(all)
	if err != nil {
		return options, nil
	}
	return fitting, left
}

func decodeObject(text json.RawMessage, object *map[string]any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(object)
}

// find returns the value at a path of names with dots between them, nil if there
// is none, and where it stands.
func find(object map[string]any, path string) (table map[string]any, name string, value any) {
	name, rest, more := strings.Cut(path, ".")
	if !more {
		return object, name, object[name]
	}
	inner, _ := object[name].(map[string]any)
	return find(inner, rest)
}

// notKnown tells that the plugin may be too old for its options, if one of them is
// unknown to it that the server has for each plugin of this kind.
func (p *process) notKnown(choice Choice, err error) error {
	if err == nil || len(choice.Usual) == 0 || !strings.Contains(err.Error(), unknownOption) {
		return err
	}
	return fmt.Errorf("%w\nplugin %q is of version %s: if it is older than the server, upgrade the plugin first, or leave the option as it is by default",
		err, p.description.Name, p.description.Version)
}
