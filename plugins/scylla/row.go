package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// The columns that this plugin writes. The others of the documented table hold
// the flat form, which is read while policy is null and never written.
const (
	colID       = "id"
	colKey      = "key"
	colSecret   = "secret"
	colSecrets  = "secrets" // only of an app with more than one
	colEnabled  = "enabled"
	colPolicy   = "policy"
	colRevision = "revision"
	colCreated  = "created_at"
	colUpdated  = "updated_at"
)

// row is what stands in a table under an id, by column.
type row map[string]cell

// appOf reads a row. Its error is appjson.Problems, with the names of columns.
func appOf(r row) (*contract.App, error) {
	reader := rowReader{doc: map[string]json.RawMessage{}}
	for _, name := range []string{colID, colKey, colSecret, colSecrets, colEnabled} {
		reader.take(r, name, appjson.Flag)
	}
	policy, has := reader.policy(r)
	if !has {
		for _, f := range appjson.FlatFields() {
			reader.take(r, f.Name, f.Kind)
		}
	}
	revision := reader.revision(r)
	app := reader.app()
	if has {
		reader.note(appjson.DecodePolicy(app, policy))
	}
	if len(reader.problems) > 0 {
		return nil, reader.problems
	}
	app.Revision = revision
	return app, nil
}

// rowReader collects the document that a row stands for.
type rowReader struct {
	doc      map[string]json.RawMessage
	problems appjson.Problems
}

func (r *rowReader) addf(name, format string, args ...any) {
	r.problems = append(r.problems, appjson.Problem{Path: name, Text: fmt.Sprintf(format, args...)})
}

// note adds what is wrong with a document.
func (r *rowReader) note(err error) {
	if more, ok := errors.AsType[appjson.Problems](err); ok {
		r.problems = append(r.problems, more...)
	} else if err != nil {
		r.addf("", "%v", err)
	}
}

// app reads the document. What it returns is complete if there are no problems.
func (r *rowReader) app() *contract.App {
	doc, err := json.Marshal(r.doc)
	r.note(err)
	app, err := appjson.Decode(doc, appjson.EnabledByDefault())
	r.note(err)
	if app == nil {
		app = &contract.App{}
	}
	return app
}

// take puts a column into the document.
func (r *rowReader) take(from row, name string, kind appjson.FieldKind) {
	raw, problem := from[name].json(kind)
	if problem != "" {
		r.addf(name, "%s", problem)
	}
	if raw != nil {
		r.doc[name] = raw
	}
}

// policy returns the text of the policy, if the row has one. A policy that is
// not text is a problem, not a missing policy.
func (r *rowReader) policy(from row) (json.RawMessage, bool) {
	c := from[colPolicy]
	text, isText := c.value.(string)
	switch {
	case c.problem != "":
		r.addf(colPolicy, "%s", c.problem)
	case c.value == nil:
		return nil, false
	case !isText:
		r.addf(colPolicy, "must be text that is a JSON object")
	default:
		return json.RawMessage(text), strings.TrimSpace(text) != "null"
	}
	return json.RawMessage("{}"), true
}

func (r *rowReader) revision(from row) uint64 {
	c := from[colRevision]
	n, isNumber := c.value.(int64)
	if c.problem != "" || c.value != nil && !isNumber || n < 0 {
		r.addf(colRevision, "must be a whole number that is not negative")
	}
	return from.revision()
}

// revision returns the revision of a row, 0 if it has none.
func (r row) revision() uint64 {
	n, _ := r[colRevision].value.(int64)
	return uint64(max(n, 0))
}

func (r row) text(name string) string {
	s, _ := r[name].value.(string)
	return s
}

// rowOf writes an app at a revision: the columns that this plugin writes, but
// for the times.
func rowOf(app *contract.App, revision uint64) (row, error) {
	policy, err := appjson.EncodePolicy(app)
	if err != nil {
		return nil, err
	}
	r := row{
		colID: {value: app.ID}, colKey: {value: app.Key}, colSecret: {value: app.Secret().Reveal()},
		colEnabled: {value: app.Enabled}, colPolicy: {value: string(policy)}, colRevision: {value: int64(revision)},
	}
	if len(app.Secrets) > 1 {
		all := make([]string, len(app.Secrets))
		for i, s := range app.Secrets {
			all[i] = s.Reveal()
		}
		r[colSecrets] = cell{value: all}
	}
	return r, nil
}

// changeable are the columns that a change sets, in the order of values.
var changeable = []string{colKey, colSecret, colSecrets, colEnabled, colPolicy, colRevision, colUpdated}

// values are those of changeable.
func (r row) values(now time.Time) []any {
	values := make([]any, len(changeable))
	for i, name := range changeable {
		values[i] = r[name].value
	}
	values[len(values)-1] = now
	return values
}
