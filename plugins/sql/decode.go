package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// row is a row of the table: the text of each column that is not NULL. Columns
// of the table that we do not know are in it too.
type row map[string]string

// columnRevision is what queries call the revision that they compute.
const columnRevision = "app revision"

// revision returns 0 if the table cannot tell.
func (r row) revision() uint64 {
	n, err := strconv.ParseUint(r[columnRevision], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// unreadable is the error of a row of which something cannot be read. It is a
// contract.ErrInvalid.
type unreadable struct {
	table, id string
	problems  appjson.Problems
}

// column is the first column that is wrong.
func (u *unreadable) column() string {
	name := u.problems[0].Path
	if i := strings.IndexAny(name, ".["); i >= 0 {
		name = name[:i]
	}
	if name == "secrets" {
		return columnPrevious
	}
	return name
}

// Error names table, row and column.
func (u *unreadable) Error() string {
	return fmt.Sprintf("table %s, row %q, column %s cannot be read: %s", u.table, u.id, u.column(), u.problems)
}

// Unwrap returns what is wrong.
func (u *unreadable) Unwrap() error { return u.problems }

// appOf reads an app. If policy is set, it alone tells what the app may do, else
// the flat columns do. signed says that numbers above 2^31 stand in the table as
// negative ones. The error is appjson.Problems.
func appOf(r row, signed bool) (*contract.App, error) {
	d := rowReader{row: r, signed: signed, doc: map[string]json.RawMessage{}}
	d.credentials()
	d.take(column{name: columnPolicy, kind: kindDocument})
	if raw, ok := d.doc[columnPolicy]; !ok || string(raw) == "null" {
		for _, c := range columns {
			if c.defining() {
				d.take(c)
			}
		}
	}
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	doc, err := json.Marshal(d.doc)
	if err != nil {
		return nil, appjson.Problems{{Text: err.Error()}}
	}
	app, err := appjson.Decode(doc, appjson.EnabledByDefault())
	if err != nil {
		return nil, err
	}
	app.Revision = r.revision()
	return app, nil
}

// rowReader makes the JSON form of an app out of a row.
type rowReader struct {
	row      row
	signed   bool
	doc      map[string]json.RawMessage
	problems appjson.Problems
}

func (d *rowReader) credentials() {
	for _, name := range []string{columnID, columnKey, columnSecret} {
		d.take(column{name: name, kind: kindText})
	}
	d.take(column{name: columnEnabled, kind: kindFlag})
	if previous := d.row[columnPrevious]; previous != "" {
		d.doc["secrets"] = textJSON(d.row[columnSecret], previous)
		if d.row[columnSecret] == "" {
			delete(d.doc, "secrets") // the current one is missing, and that is reported
		}
	}
}

// take adds a column to the document; NULL is absent.
func (d *rowReader) take(c column) {
	text, ok := d.row[c.name]
	if !ok {
		return
	}
	var raw json.RawMessage
	var err error
	switch c.kind {
	case kindText:
		raw = textJSON(text)
	case kindWhole:
		raw, err = d.whole(text)
	case kindFlag:
		raw, err = flagOf(text)
	default:
		raw, err = documentOf(text)
	}
	if err != nil {
		d.problems = append(d.problems, appjson.Problem{Path: c.name, Text: err.Error()})
		return
	}
	d.doc[c.name] = raw
}

// textJSON writes one text as a JSON string, several as a list.
func textJSON(texts ...string) json.RawMessage {
	var v any = texts
	if len(texts) == 1 {
		v = texts[0]
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic("sql: a text cannot be written as JSON: " + err.Error())
	}
	return raw
}

// whole reads a number. What is no number at all is passed on as a string, for
// whoever reads the document says what must be there.
func (d *rowReader) whole(text string) (json.RawMessage, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && d.signed && n < 0 && n >= math.MinInt32 {
		return strconv.AppendUint(nil, uint64(uint32(int32(n))), 10), nil
	}
	return textJSON(text), nil
}

func flagOf(text string) (json.RawMessage, error) {
	switch text {
	case "t", "true":
		return json.RawMessage("true"), nil
	case "f", "false":
		return json.RawMessage("false"), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, errors.New("must be true or false, found something else")
	}
	return strconv.AppendBool(nil, n != 0), nil
}

func documentOf(text string) (json.RawMessage, error) {
	raw := json.RawMessage(strings.TrimSpace(text))
	if !json.Valid(raw) {
		return nil, errors.New("is not valid JSON")
	}
	return raw, nil
}
