package appadmin

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// hidden stands for a secret in a document.
const hidden = "[redacted]"

type fields = map[string]json.RawMessage

// show writes the document of an app.
func show(app *contract.App, secrets bool) (json.RawMessage, error) {
	shown := *app
	var opts []appjson.EncodeOption
	if secrets {
		opts = append(opts, appjson.WithSecrets())
	} else {
		shown.Webhooks = hideHeaders(app.Webhooks)
	}
	doc, err := flat(&shown, opts...)
	if err != nil {
		return nil, err
	}
	if doc["revision"], err = json.Marshal(app.Revision); err != nil {
		return nil, err
	}
	return marshal(doc)
}

// flat returns the fields of an app in the flat form.
func flat(app *contract.App, opts ...appjson.EncodeOption) (fields, error) {
	text, err := appjson.Encode(app, opts...)
	if err != nil {
		return nil, err
	}
	var doc fields
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	delete(doc, "policy")
	return doc, nil
}

// hideHeaders copies webhooks without the values of their headers, which may be
// credentials of the receiver.
func hideHeaders(hooks []contract.Webhook) []contract.Webhook {
	hooks = slices.Clone(hooks)
	for i := range hooks {
		hooks[i].Headers = maps.Clone(hooks[i].Headers)
		for name := range hooks[i].Headers {
			hooks[i].Headers[name] = hidden
		}
	}
	return hooks
}

func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}
