package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// readApps reads the apps of the configuration. The error is appjson.Problems,
// with all that is wrong.
func readApps(docs []map[string]any) ([]*contract.App, error) {
	var problems appjson.Problems
	var apps []*contract.App
	ids, keys := seenAt{}, seenAt{}
	for i, doc := range docs {
		at := fmt.Sprintf("apps[%d]", i)
		app, err := readApp(doc)
		var wrong appjson.Problems
		if errors.As(err, &wrong) {
			problems = append(problems, wrong.Under(at)...)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		problems = append(problems, ids.first(app.ID, at+".id")...)
		problems = append(problems, keys.first(app.Key, at+".key")...)
		apps = append(apps, app)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return apps, nil
}

func readApp(doc map[string]any) (*contract.App, error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", contract.ErrInvalid, err)
	}
	return appjson.Decode(raw)
}

// seenAt remembers where a value was seen that must be unique.
type seenAt map[string]string

func (s seenAt) first(value, at string) appjson.Problems {
	if where, ok := s[value]; ok {
		return appjson.Problems{{Path: at, Text: fmt.Sprintf("must be unique, but %q is also %s", value, where)}}
	}
	s[value] = at
	return nil
}

// digest tells whether two apps have the same content.
func digest(app *contract.App) string {
	doc, err := appjson.Encode(app, appjson.WithSecrets())
	if err != nil {
		panic("memory: an app that was read cannot be written: " + err.Error())
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:])
}
