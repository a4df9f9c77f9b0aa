package appcache

import (
	"encoding/json"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// record is the JSON under the key of an app.
type record struct {
	ID       string          `json:"id"`
	Key      string          `json:"key,omitempty"`
	Enabled  bool            `json:"enabled"`
	Revision uint64          `json:"revision"`
	Policy   json.RawMessage `json:"policy,omitempty"`
	// Sealed is the app as a whole, encrypted.
	Sealed []byte `json:"sealed,omitempty"`
	// Gone marks an app of which copies below Revision are out of date.
	Gone bool `json:"gone,omitempty"`
}

// recordOf is the record that shows an app, with nothing sealed in it. Webhooks
// may hold credentials of receivers, and so may parts that we do not know.
func recordOf(app *contract.App) (record, error) {
	shown := *app
	shown.Webhooks, shown.Extra = nil, nil
	policy, err := appjson.EncodePolicy(&shown)
	return record{ID: app.ID, Key: app.Key, Enabled: app.Enabled, Revision: app.Revision, Policy: policy}, err
}

func (r record) encode() ([]byte, error) { return json.Marshal(r) }

// decode reads a record; what is none is an empty one, which everything replaces.
func decode(value []byte) record {
	var r record
	if json.Unmarshal(value, &r) != nil {
		return record{}
	}
	return r
}
