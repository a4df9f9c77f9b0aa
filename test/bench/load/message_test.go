//go:build linux

package load

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var app = App{ID: "3", Key: "278d425bdf160c739803", Secret: "7ad3773142a6692b25b8"}

// The example of the Pusher documents for private channels.
func TestPrivateSubscriptionsAreSigned(t *testing.T) {
	got := string(SubscribeMessage(app, "1234.1234", "private-foobar"))
	want := `{"event":"pusher:subscribe","data":{"channel":"private-foobar","auth":"` +
		app.Key + `:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"}}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The example of the Pusher documents for signed requests.
func TestRequestsAreSigned(t *testing.T) {
	p := NewPublisher("example.com", app, false)
	p.body = []byte(`{"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"}`)
	p.appendRequest("/apps/3/events", time.Unix(1353088179, 0))
	want := "auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c HTTP/1.1\r\n"
	if !strings.Contains(string(p.req), want) {
		t.Errorf("got %q, want %q in it", p.req, want)
	}
}

type event struct {
	Name, Channel, Data string
	Channels            []string
}

func TestEventsAreJSONAndTheirFramesAsLargeAsForetold(t *testing.T) {
	var e event
	if err := json.Unmarshal(appendEvent(nil, time.Now(), dataSize, []string{"bench", "other"}), &e); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bench", "other"}, e.Channels); diff != "" {
		t.Error(diff)
	}
	frame := frameSize(len(`{"event":"` + e.Name + `","channel":"bench","data":"` + e.Data + `"}`))
	if got := FrameSize("bench"); got != frame || got != 150 {
		t.Errorf("FrameSize is %d, the frame has %d bytes, want 150", got, frame)
	}
}

func TestBatchesAreJSON(t *testing.T) {
	var body struct{ Batch []event }
	if err := json.Unmarshal(appendBatch(nil, time.Now(), "bench", 10), &body); err != nil {
		t.Fatal(err)
	}
	if len(body.Batch) != 10 || body.Batch[9].Channel != "bench" {
		t.Errorf("got %+v", body)
	}
}

func TestStampsAreFound(t *testing.T) {
	want := []time.Time{time.Unix(1700000000, 1), time.Unix(1700000001, 2)}
	var b []byte
	for _, at := range want {
		b = append(appendData(append(b, `{"data":"`...), at, dataSize), `"}`...)
	}
	for name, in := range map[string][]byte{
		"whole":         b,
		"cut in stamp":  append(b, []byte(`{"data":"T=17000`)...),
		"cut in mark":   append(b, 'T'),
		"behind binary": append(bytes.Repeat([]byte{0x81, 126}, 3), b...),
	} {
		var got []time.Time
		eachStamp(in, func(due time.Time) { got = append(got, due) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
