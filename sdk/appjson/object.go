package appjson

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// reader collects what is found while one document is read.
type reader struct {
	problems Problems
	unknown  func(path string)
}

func (r *reader) addf(path, format string, args ...any) {
	r.problems = append(r.problems, Problem{Path: path, Text: fmt.Sprintf(format, args...)})
}

// tell reports a field that was not understood.
func (r *reader) tell(path string) {
	if r.unknown != nil {
		r.unknown(path)
	}
}

// err returns the problems as an error, or nil.
func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return r.problems
}

// object is a JSON object that is being read. Each reading method removes its
// field, so that what is left in the end is what nobody knew.
type object struct {
	r      *reader
	at     string
	fields map[string]json.RawMessage
}

// object reads raw as an object; nulls in it count as absent.
func (r *reader) object(at string, raw json.RawMessage) object {
	o := object{r: r, at: at, fields: map[string]json.RawMessage{}}
	if err := json.Unmarshal(raw, &o.fields); err != nil || o.fields == nil {
		o.fields = map[string]json.RawMessage{}
		if json.Valid(raw) {
			r.addf(at, "must be an object, found %s", kindOf(raw))
		} else {
			r.addf(at, "is not valid JSON: %v", err)
		}
	}
	maps.DeleteFunc(o.fields, func(_ string, v json.RawMessage) bool { return isNull(v) })
	return o
}

func (o object) path(name string) string { return join(o.at, name) }

func (o object) has(name string) bool {
	_, ok := o.fields[name]
	return ok
}

func (o object) take(name string) (json.RawMessage, bool) {
	raw, ok := o.fields[name]
	delete(o.fields, name)
	return raw, ok
}

// child reads a field as an object; an absent one is an empty object.
func (o object) child(name string) object {
	raw, ok := o.take(name)
	if !ok {
		raw = json.RawMessage("{}")
	}
	return o.r.object(o.path(name), raw)
}

// text reads a string, "" if absent. A wrong value is not shown: it may be a secret.
func (o object) text(name string) string {
	raw, ok := o.take(name)
	if !ok {
		return ""
	}
	return o.r.text(o.path(name), raw)
}

func (r *reader) text(at string, raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil || isNull(raw) {
		r.addf(at, "must be a string, found %s", kindOf(raw))
	}
	return s
}

// flag reads a boolean into dst and leaves dst alone if absent.
func (o object) flag(name string, dst *bool) {
	raw, ok := o.take(name)
	if ok && json.Unmarshal(raw, dst) != nil {
		o.r.addf(o.path(name), "must be true or false, found %s", shown(raw))
	}
}

// list reads an array, nil if absent or empty.
func (o object) list(name string) []json.RawMessage {
	var items []json.RawMessage
	raw, ok := o.take(name)
	if ok && json.Unmarshal(raw, &items) != nil {
		o.r.addf(o.path(name), "must be a list, found %s", kindOf(raw))
	}
	return items
}

// texts reads a list of strings, nil if absent or empty.
func (o object) texts(name string) []string {
	var texts []string
	for i, raw := range o.list(name) {
		texts = append(texts, o.r.text(o.path(name)+index(i), raw))
	}
	return texts
}

// textMap reads an object of strings, nil if absent or empty.
func (o object) textMap(name string) map[string]string {
	child := o.child(name)
	if len(child.fields) == 0 {
		return nil
	}
	texts := make(map[string]string, len(child.fields))
	for _, key := range sortedKeys(child.fields) {
		texts[key] = child.text(key)
	}
	return texts
}

// reportRest tells about the fields that nobody read.
func (o object) reportRest() {
	for _, name := range sortedKeys(o.fields) {
		o.r.tell(o.path(name))
	}
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
