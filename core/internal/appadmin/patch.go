package appadmin

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", contract.ErrInvalid, fmt.Sprintf(format, args...))
}

// readObject reads a JSON object and takes "revision" out of it.
func readObject(doc []byte) (fields, uint64, error) {
	var object fields
	if err := json.Unmarshal(doc, &object); err != nil || object == nil {
		return nil, 0, invalid("the document must be a JSON object")
	}
	var revision uint64
	if raw, ok := object["revision"]; ok {
		if err := json.Unmarshal(raw, &revision); err != nil {
			return nil, 0, invalid("revision must be a whole number")
		}
		delete(object, "revision")
	}
	return object, revision, nil
}

// newApp reads the document of an app to be added. A key and a secret that it
// lacks are made up; an app is enabled unless it says otherwise.
func newApp(doc []byte) (*contract.App, error) {
	object, _, err := readObject(doc)
	if err != nil {
		return nil, err
	}
	if _, named := object["key"]; !named {
		object["key"] = quote(newKey())
	}
	_, one := object["secret"]
	_, several := object["secrets"]
	if !one && !several {
		object["secret"] = quote(newSecret().Reveal())
	}
	return decode(object)
}

// patch is a JSON merge patch of a document.
type patch struct {
	object   fields
	revision uint64
}

func readPatch(doc []byte) (patch, error) {
	object, revision, err := readObject(doc)
	if err == nil && len(object) == 0 {
		err = invalid("the change names no field")
	}
	return patch{object, revision}, err
}

// apply returns app with the patch merged into it.
func (p patch) apply(app *contract.App) (*contract.App, error) {
	known := *app
	known.Extra = nil // what we do not know is not changed here
	doc, err := flat(&known, appjson.WithSecrets())
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"secret", "secrets"} {
		if _, given := p.object[name]; given { // what is given counts alone
			delete(doc, "secret")
			delete(doc, "secrets")
		}
	}
	merged, err := marshal(merge(widen(doc), widen(p.object)))
	if err != nil {
		return nil, err
	}
	var object fields
	if err := json.Unmarshal(merged, &object); err != nil {
		return nil, err
	}
	next, err := decode(object)
	if err != nil {
		return nil, err
	}
	if next.ID != app.ID {
		return nil, invalid("the id of an app cannot be changed; add another app and remove this one")
	}
	next.Extra, next.Revision = app.Extra, app.Revision
	return next, nil
}

// decode reads the app of a document in which everything must be understood but
// what stands in a policy, which is kept.
func decode(object fields) (*contract.App, error) {
	text, err := marshal(object)
	if err != nil {
		return nil, err
	}
	var unknown []string
	app, err := appjson.Decode(text, appjson.EnabledByDefault(), appjson.OnUnknown(func(path string) {
		if !strings.HasPrefix(path, "policy") {
			unknown = append(unknown, path)
		}
	}))
	switch {
	case len(unknown) > 0:
		slices.Sort(unknown)
		return nil, invalid("unknown: %s; the fields are those of an app in docs/configuration.md", strings.Join(unknown, ", "))
	case err != nil:
		return nil, fmt.Errorf("%w: %w", contract.ErrInvalid, err)
	}
	return app, refuseHidden(app)
}

// refuseHidden keeps a document that was shown without secrets from being
// written back as it is.
func refuseHidden(app *contract.App) error {
	for i, hook := range app.Webhooks {
		for name, value := range hook.Headers {
			if value == hidden {
				return invalid("webhooks[%d].headers: %s is %s, which stands for a value that was not shown; ask for secrets", i, name, hidden)
			}
		}
	}
	if slices.Contains(app.Secrets, hidden) {
		return invalid("the secret is %s, which stands for one that was not shown", hidden)
	}
	return nil
}

// widen makes values of any type of raw ones, numbers as they are written.
func widen(object fields) map[string]any {
	wide := make(map[string]any, len(object))
	for name, raw := range object {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var v any
		_ = d.Decode(&v) // it was read as valid
		wide[name] = v
	}
	return wide
}

// merge is MergePatch of RFC 7396 for objects.
func merge(into, change map[string]any) map[string]any {
	for name, value := range change {
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(into, name)
		case isObject:
			target, _ := into[name].(map[string]any)
			if target == nil {
				target = map[string]any{}
			}
			into[name] = merge(target, inner)
		default:
			into[name] = value
		}
	}
	return into
}

func quote(text string) json.RawMessage {
	raw, _ := json.Marshal(text) // a string always can be
	return raw
}

// keyLetters is the length of a key that is made up.
const keyLetters = 20

func newKey() string { return strings.ToLower(rand.Text()[:keyLetters]) }

func newSecret() contract.Secret { return contract.Secret(strings.ToLower(rand.Text())) }
