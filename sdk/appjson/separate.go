package appjson

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Fields is an app as a store has it that keeps each field in a place of its
// own, such as a column. A problem is what is wrong with a field, "" if nothing
// is; it must not quote a secret.
type Fields interface {
	// Field returns a field as JSON, nil if it is absent. Of kind Value are
	// lists and objects, which many stores keep as JSON text; credentials are
	// asked for as kind Flag.
	Field(name string, kind FieldKind) (raw json.RawMessage, problem string)
	// Policy returns the text of the policy, if there is one. It need not be
	// valid. A policy that is not text is a problem, not a missing policy.
	Policy() (text string, there bool, problem string)
	// Revision returns 0 if there is none.
	Revision() (revision uint64, problem string)
}

// DecodeFields reads an app with its revision, from its policy if it has one
// that is not null, else from the flat form. An app that does not say so is
// enabled. The error, if any, is Problems, and then there is no app.
func DecodeFields(from Fields) (*contract.App, error) {
	g := gathering{from: from, doc: map[string]json.RawMessage{}}
	for _, name := range []string{"id", "key", "secret", "secrets", "enabled"} {
		g.take(name, Flag)
	}
	policy, there, problem := from.Policy()
	g.add("policy", problem)
	there = there && strings.TrimSpace(policy) != "null"
	if !there && problem == "" {
		for _, f := range FlatFields() {
			g.take(f.Name, f.Kind)
		}
	}
	revision, wrong := from.Revision()
	g.add("revision", wrong)
	app := g.app()
	if there && problem == "" {
		g.note(DecodePolicy(app, []byte(policy)))
	}
	if len(g.problems) > 0 {
		return nil, g.problems
	}
	app.Revision = revision
	return app, nil
}

// gathering collects the document that the fields make together.
type gathering struct {
	from     Fields
	doc      map[string]json.RawMessage
	problems Problems
}

func (g *gathering) take(name string, kind FieldKind) {
	raw, problem := g.from.Field(name, kind)
	g.add(name, problem)
	if raw != nil {
		g.doc[name] = raw
	}
}

func (g *gathering) add(name, problem string) {
	if problem != "" {
		g.problems = append(g.problems, Problem{Path: name, Text: problem})
	}
}

// note adds what is wrong with a document.
func (g *gathering) note(err error) {
	if more, ok := errors.AsType[Problems](err); ok {
		g.problems = append(g.problems, more...)
	} else if err != nil {
		g.add("", err.Error())
	}
}

// app reads the document. What it returns is complete if there are no problems.
func (g *gathering) app() *contract.App {
	doc, err := json.Marshal(g.doc)
	g.note(err)
	app, err := Decode(doc, EnabledByDefault())
	g.note(err)
	if app == nil {
		app = &contract.App{}
	}
	return app
}

// FieldOfText returns JSON text as JSON, for lists and objects that are kept as
// text, or says that it is none.
func FieldOfText(text string) (raw json.RawMessage, problem string) {
	if !json.Valid([]byte(text)) {
		return nil, "is not valid JSON"
	}
	return json.RawMessage(text), ""
}

// FieldOf writes a value as JSON, or says that this cannot be done.
func FieldOf(v any) (raw json.RawMessage, problem string) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, "cannot be written as JSON"
	}
	return raw, ""
}
