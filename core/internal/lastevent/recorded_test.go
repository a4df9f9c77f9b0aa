package lastevent

import (
	"testing"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

// recordedEntry is an event as nodes have kept it since the first version.
const recordedEntry = `{"id":"0000000000abc123","event":"news","channel":"cache-x","data":"{\"n\":1}"}`

// Nodes of an upgrade that is under way read each other's entries. A later version
// may say more in them.
func TestRecordedEntries(t *testing.T) {
	if got := keyOf("app", "cache-x"); got != "channel:app:cache-x" {
		t.Errorf("the key is %q", got)
	}
	payload := pusher.AppendEvent(nil, "news", "cache-x", []byte(`"{\"n\":1}"`), "")
	if got := string(encode(0xabc123, payload)); got != recordedEntry {
		t.Errorf("written as %s, was %s", got, recordedEntry)
	}
	for _, entry := range []string{recordedEntry, recordedEntry[:len(recordedEntry)-1] + `,"later":{"a":[1]}}`} {
		e := decode([]byte(entry), "cache-x")
		if e.ID != 0xabc123 || string(e.data) != `"{\"n\":1}"` || string(e.Frame[2:]) != string(payload) {
			t.Errorf("%s is read as %d, %s, %q", entry, e.ID, e.data, e.Frame)
		}
	}
}
