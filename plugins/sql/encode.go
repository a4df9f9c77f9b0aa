package main

import (
	"encoding/json"
	"strconv"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// record is what is written into a row: text, or nil for NULL, for each column
// but the moments.
type record map[string]any

// recordOf writes an app in both representations, and returns a copy of the app
// as it will be read. The error is contract.ErrInvalid. onOff is how the
// database writes false and true.
func recordOf(app *contract.App, signed bool, onOff [2]string) (record, *contract.App, error) {
	text, err := appjson.Encode(app, appjson.WithSecrets())
	if err != nil {
		return nil, nil, err
	}
	stored, err := appjson.Decode(text)
	if err != nil {
		return nil, nil, err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, nil, err
	}
	rec := record{}
	for _, c := range columns {
		switch c.kind {
		case kindWhole:
			rec[c.name] = wholeText(doc[c.name], c.needed, signed)
		case kindFlag:
			rec[c.name] = onOff[0]
			if string(doc[c.name]) == "true" {
				rec[c.name] = onOff[1]
			}
		case kindDocument:
			rec[c.name] = documentText(doc[c.name])
		}
	}
	rec[columnID], rec[columnKey] = stored.ID, stored.Key
	rec[columnSecret], rec[columnPrevious] = stored.Secrets[0].Reveal(), nil
	if len(stored.Secrets) > 1 {
		rec[columnPrevious] = stored.Secrets[1].Reveal()
	}
	return rec, stored, nil
}

// wholeText writes a number; one above 2^31 as a negative one, if need be.
func wholeText(raw json.RawMessage, needed, signed bool) any {
	if len(raw) == 0 {
		if needed {
			return "0"
		}
		return nil
	}
	n, err := strconv.ParseUint(string(raw), 10, 32)
	if err == nil && signed {
		return strconv.Itoa(int(int32(uint32(n))))
	}
	return string(raw)
}

// documentText writes an absent document as JSON's null.
func documentText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "null"
	}
	return string(raw)
}
