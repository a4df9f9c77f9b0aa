package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// The attributes of an item. Others, but for those of the flat form, are
// somebody else's and stay as they are.
const (
	attrID       = "id"
	attrKey      = "key"
	attrSecret   = "secret"
	attrSecrets  = "secrets" // only of an app with more than one
	attrEnabled  = "enabled"
	attrPolicy   = "policy" // JSON text; takes the place of the flat form
	attrRevision = "revision"
)

// appOf reads an item. Its error is appjson.Problems, with the names of attributes.
func appOf(it item) (*contract.App, error) {
	r := itemReader{doc: map[string]json.RawMessage{}}
	for _, name := range []string{attrID, attrKey, attrSecret, attrSecrets, attrEnabled} {
		r.take(it, name, appjson.Flag)
	}
	policy, has := r.policy(it)
	if !has {
		for _, f := range appjson.FlatFields() {
			r.take(it, f.Name, f.Kind)
		}
	}
	revision := r.revision(it)
	app := r.app()
	if has {
		r.note(appjson.DecodePolicy(app, policy))
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	app.Revision = revision
	return app, nil
}

// itemReader collects the document that an item stands for.
type itemReader struct {
	doc      map[string]json.RawMessage
	problems appjson.Problems
}

func (r *itemReader) addf(name, format string, args ...any) {
	r.problems = append(r.problems, appjson.Problem{Path: name, Text: fmt.Sprintf(format, args...)})
}

// note adds what is wrong with a document.
func (r *itemReader) note(err error) {
	if more, ok := errors.AsType[appjson.Problems](err); ok {
		r.problems = append(r.problems, more...)
	} else if err != nil {
		r.addf("", "%v", err)
	}
}

// app reads the document. What it returns is complete if there are no problems.
func (r *itemReader) app() *contract.App {
	doc, err := json.Marshal(r.doc)
	r.note(err)
	app, err := appjson.Decode(doc, appjson.EnabledByDefault())
	r.note(err)
	if app == nil {
		app = &contract.App{}
	}
	return app
}

// take puts an attribute into the document. A list or an object of the flat form
// may be JSON text.
func (r *itemReader) take(it item, name string, kind appjson.FieldKind) {
	value, ok := it[name]
	if !ok {
		return
	}
	if s, isText := value.(*types.AttributeValueMemberS); isText && kind == appjson.Value {
		r.embed(name, s.Value)
		return
	}
	raw, problem := jsonOf(value)
	if problem != "" {
		r.addf(name, "%s", problem)
	}
	r.doc[name] = raw
}

// embed puts JSON text into the document.
func (r *itemReader) embed(name, text string) {
	if !json.Valid([]byte(text)) {
		r.addf(name, "is not valid JSON")
		return
	}
	r.doc[name] = json.RawMessage(text)
}

// policy returns the text of the policy, if the item has one. A policy that is
// not text is a problem, not a missing policy.
func (r *itemReader) policy(it item) (json.RawMessage, bool) {
	switch value := it[attrPolicy].(type) {
	case nil, *types.AttributeValueMemberNULL:
		return nil, false
	case *types.AttributeValueMemberS:
		return json.RawMessage(value.Value), strings.TrimSpace(value.Value) != "null"
	default:
		r.addf(attrPolicy, "must be text (S) that is a JSON object, found %s", typeOf(value))
		return json.RawMessage("{}"), true
	}
}

func (r *itemReader) revision(it item) uint64 {
	revision, err := revisionOf(it)
	if err != nil {
		r.addf(attrRevision, "%v", err)
	}
	return revision
}

// revisionOf returns the revision of an item, 0 if it has none.
func revisionOf(it item) (uint64, error) {
	switch value := it[attrRevision].(type) {
	case nil, *types.AttributeValueMemberNULL:
		return 0, nil
	case *types.AttributeValueMemberN:
		if revision, err := strconv.ParseUint(value.Value, 10, 63); err == nil {
			return revision, nil
		}
		return 0, errors.New("must be a whole number that is not negative")
	default:
		return 0, fmt.Errorf("must be a number (N), found %s", typeOf(value))
	}
}

func idOf(it item) string  { return textOf(it, attrID) }
func keyOf(it item) string { return textOf(it, attrKey) }

// textOf returns an attribute that is text, else "".
func textOf(it item, name string) string {
	if s, ok := it[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// itemOf writes an app at a revision. What before has beside, which is the item
// that stands there or nil, stays; its flat form goes.
func itemOf(app *contract.App, before item, revision uint64) (item, error) {
	policy, err := appjson.EncodePolicy(app)
	if err != nil {
		return nil, err
	}
	it := maps.Clone(before)
	if it == nil {
		it = item{}
	}
	for _, f := range appjson.FlatFields() {
		delete(it, f.Name)
	}
	maps.Copy(it, item{
		attrID: text(app.ID), attrKey: text(app.Key), attrSecret: text(app.Secret().Reveal()),
		attrEnabled: &types.AttributeValueMemberBOOL{Value: app.Enabled}, attrPolicy: text(string(policy)),
		attrRevision: number(revision),
	})
	delete(it, attrSecrets)
	if len(app.Secrets) > 1 {
		it[attrSecrets] = secretsOf(app)
	}
	return it, nil
}

func number(n uint64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatUint(n, 10)}
}

func secretsOf(app *contract.App) types.AttributeValue {
	list := make([]types.AttributeValue, len(app.Secrets))
	for i, s := range app.Secrets {
		list[i] = text(s.Reveal())
	}
	return &types.AttributeValueMemberL{Value: list}
}
