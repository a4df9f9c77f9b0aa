package main

import (
	"encoding/json"
	"maps"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/appstore"
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

// item is what stands under an id. It is an appstore.Record.
type item map[string]types.AttributeValue

var _ appstore.Record = item(nil)

// Field implements appjson.Fields. A list or an object of the flat form may be
// JSON text.
func (it item) Field(name string, kind appjson.FieldKind) (raw json.RawMessage, problem string) {
	value, there := it[name]
	if !there {
		return nil, ""
	}
	if s, isText := value.(*types.AttributeValueMemberS); isText && kind == appjson.Value {
		return appjson.FieldOfText(s.Value)
	}
	return jsonOf(value)
}

// Policy implements appjson.Fields.
func (it item) Policy() (text string, there bool, problem string) {
	switch value := it[attrPolicy].(type) {
	case nil, *types.AttributeValueMemberNULL:
		return "", false, ""
	case *types.AttributeValueMemberS:
		return value.Value, true, ""
	default:
		return "", true, "must be text (S) that is a JSON object, found " + typeOf(value)
	}
}

// Revision implements appjson.Fields.
func (it item) Revision() (revision uint64, problem string) {
	switch value := it[attrRevision].(type) {
	case nil, *types.AttributeValueMemberNULL:
		return 0, ""
	case *types.AttributeValueMemberN:
		revision, err := strconv.ParseUint(value.Value, 10, 63)
		if err != nil {
			return 0, "must be a whole number that is not negative"
		}
		return revision, ""
	default:
		return 0, "must be a number (N), found " + typeOf(value)
	}
}

// ID implements appstore.Record.
func (it item) ID() string { return it.text(attrID) }

// Key implements appstore.Record.
func (it item) Key() string { return it.text(attrKey) }

// text returns an attribute that is text, else "".
func (it item) text(name string) string {
	if s, ok := it[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// Encode writes an app at a revision. What before has beside, which is the item
// that stands there or nil, stays; its flat form goes.
func (s *store) Encode(app *contract.App, before item, revision uint64) (item, error) {
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

// At returns a copy of the item at another revision.
func (s *store) At(it item, revision uint64) item {
	it = maps.Clone(it)
	it[attrRevision] = number(revision)
	return it
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
