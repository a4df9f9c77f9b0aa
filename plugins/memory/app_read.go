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

// readApps reads the apps of the configuration. The error is
// contract.OptionErrors, with all that is wrong.
func readApps(docs []map[string]any) ([]*contract.App, error) {
	var p contract.OptionErrors
	var apps []*contract.App
	ids, keys := seenAt{}, seenAt{}
	for i, doc := range docs {
		at := fmt.Sprintf("apps[%d]", i)
		if app := readApp(&p, at, doc); app != nil {
			ids.unique(&p, app.ID, at+".id")
			keys.unique(&p, app.Key, at+".key")
			apps = append(apps, app)
		}
	}
	return apps, p.Err()
}

// readApp returns nil for an app of which something cannot be read.
func readApp(p *contract.OptionErrors, at string, doc map[string]any) *contract.App {
	raw, err := json.Marshal(doc)
	if err != nil {
		p.Addf(at, "cannot be read: %v", err)
		return nil
	}
	app, err := appjson.Decode(raw)
	if wrong, ok := errors.AsType[appjson.Problems](err); ok {
		for _, w := range wrong.Under(at) {
			p.Addf(w.Path, "%s", w.Text)
		}
	}
	return app
}

// seenAt remembers where a value was seen that must be unique.
type seenAt map[string]string

func (s seenAt) unique(p *contract.OptionErrors, value, at string) {
	if where, ok := s[value]; ok {
		p.Addf(at, "must be unique, but %q is also %s", value, where)
		return
	}
	s[value] = at
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
