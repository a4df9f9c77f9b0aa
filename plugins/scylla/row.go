package main

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/appstore"
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

// row is what stands in a table under an id, by column. It is an appstore.Record.
type row map[string]cell

var _ appstore.Record = row(nil)

// Field implements appjson.Fields.
func (r row) Field(name string, kind appjson.FieldKind) (raw json.RawMessage, problem string) {
	return r[name].json(kind)
}

// Policy implements appjson.Fields.
func (r row) Policy() (text string, there bool, problem string) {
	c := r[colPolicy]
	text, isText := c.value.(string)
	switch {
	case c.problem != "":
		return "", true, c.problem
	case c.value != nil && !isText:
		return "", true, "must be text that is a JSON object"
	}
	return text, isText, ""
}

// Revision implements appjson.Fields.
func (r row) Revision() (revision uint64, problem string) {
	c := r[colRevision]
	n, isNumber := c.value.(int64)
	if c.problem != "" || c.value != nil && !isNumber || n < 0 {
		return 0, "must be a whole number that is not negative"
	}
	return uint64(n), ""
}

// ID implements appstore.Record.
func (r row) ID() string { return r.text(colID) }

// Key implements appstore.Record.
func (r row) Key() string { return r.text(colKey) }

func (r row) text(name string) string {
	s, _ := r[name].value.(string)
	return s
}

// Encode writes an app at a revision: the columns that this plugin writes, but
// for the times. The others are not touched, so before does not matter.
func (s *store) Encode(app *contract.App, _ row, revision uint64) (row, error) {
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

// At returns a copy of the row at another revision.
func (s *store) At(r row, revision uint64) row {
	r = maps.Clone(r)
	r[colRevision] = cell{value: int64(revision)}
	return r
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
