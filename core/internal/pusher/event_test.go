package pusher

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/test/strict"
)

var testLimits = Limits{EventName: 20, ChannelName: 20, Channels: 3, Data: 10, Batch: 2}

func TestParseEvent(t *testing.T) {
	tests := []struct {
		name, in string
		want     Event
	}{
		{
			"several channels", `{"name":"e","data":"d","channels":["a","private-b"]}`,
			Event{Name: "e", Data: []byte(`"d"`), Channels: []Channel{{Name: "a"}, {Name: "private-b", Class: Private}}},
		},
		{"one channel", `{"name":"e","data":"","channel":"a"}`, Event{Name: "e", Data: []byte(`""`), Channels: []Channel{{Name: "a"}}}},
		{"channels win", `{"name":"e","data":"","channel":"a","channels":["b"]}`, Event{Name: "e", Data: []byte(`""`), Channels: []Channel{{Name: "b"}}}},
		{"null channels", `{"name":"e","data":"","channel":"a","channels":null}`, Event{Name: "e", Data: []byte(`""`), Channels: []Channel{{Name: "a"}}}},
		{"each channel once", `{"name":"e","data":"","channels":["a","b","a","\u0061","c","b"]}`, Event{Name: "e", Data: []byte(`""`), Channels: []Channel{{Name: "a"}, {Name: "b"}, {Name: "c"}}}},
		{"data of another type", `{"name":"e","data":{"a":1},"channel":"a"}`, Event{Name: "e", Data: []byte(`{"a":1}`), Channels: []Channel{{Name: "a"}}}},
		{"null data", `{"name":"e","data":null,"channel":"a"}`, Event{Name: "e", Data: []byte(`null`), Channels: []Channel{{Name: "a"}}}},
		{"data counts unescaped", `{"name":"e","data":"\u0041\u0041\u0041\u0041","channel":"a"}`, Event{Name: "e", Data: []byte(`"\u0041\u0041\u0041\u0041"`), Channels: []Channel{{Name: "a"}}}},
		{"to a user", `{"name":"e","data":"","channel":"#server-to-user-1"}`, Event{Name: "e", Data: []byte(`""`), Channels: []Channel{UserChannel("1")}}},
		{
			"options", `{"name":"e","data":"","channel":"a","socket_id":"1.2","info":"user_count, subscription_count"}`,
			Event{Name: "e", Data: []byte(`""`), Channels: []Channel{{Name: "a"}}, Except: SocketID{1, 2}, Info: InfoUserCount | InfoSubscriptionCount},
		},
		{"null options", `{"name":"e","data":"","channel":"a","socket_id":null,"info":null}`, Event{Name: "e", Data: []byte(`""`), Channels: []Channel{{Name: "a"}}}},
		{"an id of nobody", `{"name":"e","data":"","channel":"a","socket_id":"1.99999999999"}`, Event{Name: "e", Data: []byte(`""`), Channels: []Channel{{Name: "a"}}}},
		{"client events", `{"name":"client-e","data":"","channel":"a","unknown":[{}]}`, Event{Name: "client-e", Data: []byte(`""`), Channels: []Channel{{Name: "a"}}}},
	}
	for _, tt := range tests {
		got, err := ParseEvent([]byte(tt.in), testLimits)
		tt.want.Source = []byte(tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b SocketID) bool { return a == b })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

var wrongEvents = []struct {
	in     string
	status int
	slug   string
	text   string
}{
	{``, 400, SlugInvalid, "body is not a JSON object"},
	{`[]`, 400, SlugInvalid, "body is not a JSON object"},
	{`{"name":"e",`, 400, SlugInvalid, "body is not valid JSON at byte 12"},
	{`{"data":"","channel":"a"}`, 400, SlugInvalid, "name must be a string"},
	{`{"name":7,"data":"","channel":"a"}`, 400, SlugInvalid, "name must be a string"},
	{`{"name":"","data":"","channel":"a"}`, 400, SlugInvalid, "event name must not be empty"},
	{`{"name":"pusher:x","data":"","channel":"a"}`, 400, SlugInvalid, "reserved for the protocol"},
	{`{"name":"pusher_internal:x","data":"","channel":"a"}`, 400, SlugInvalid, "reserved for the protocol"},
	{`{"name":"123456789012345678901","data":"","channel":"a"}`, 400, SlugLimit, "event name is longer than 20"},
	{`{"name":"e","channel":"a"}`, 400, SlugInvalid, "data is missing"},
	{`{"name":"e","data":"12345678901","channel":"a"}`, 413, SlugTooLarge, "data has 11 bytes, the limit is 10"},
	{`{"name":"e","data":"ééééééé","channel":"a"}`, 413, SlugTooLarge, "data has 14 bytes"},
	{`{"name":"e","data":[1,2,3,4,5],"channel":"a"}`, 413, SlugTooLarge, "data has 11 bytes"},
	{`{"name":"e","data":""}`, 400, SlugInvalid, "channels must be an array"},
	{`{"name":"e","data":"","channels":[]}`, 400, SlugInvalid, "channels is empty"},
	{`{"name":"e","data":"","channels":"a"}`, 400, SlugInvalid, "channels must be an array"},
	{`{"name":"e","data":"","channels":[1]}`, 400, SlugInvalid, "channels must hold names"},
	{`{"name":"e","data":"","channel":1}`, 400, SlugInvalid, "channels must be an array"},
	{`{"name":"e","data":"","channel":""}`, 400, SlugInvalid, "channel name must not be empty"},
	{`{"name":"e","data":"","channel":"a b"}`, 400, SlugInvalid, "position 1"},
	{`{"name":"e","data":"","channel":"#x"}`, 400, SlugInvalid, "reserved"},
	{`{"name":"e","data":"","channel":"123456789012345678901"}`, 400, SlugLimit, "channel name is longer than 20"},
	{`{"name":"e","data":"","channels":["a","b","c","d"]}`, 400, SlugLimit, "more than 3 channels"},
	{`{"name":"e","data":"","channel":"a","socket_id":"x"}`, 400, SlugInvalid, `socket_id "x"`},
	{`{"name":"e","data":"","channel":"a","socket_id":12.5}`, 400, SlugInvalid, "socket_id must be a string"},
	{`{"name":"e","data":"","channel":"a","info":"users"}`, 400, SlugInvalid, `info attribute "users"`},
	{`{"name":"e","data":"","channel":"a","info":"cache"}`, 400, SlugInvalid, `info attribute "cache"`},
	{`{"name":"e","data":"","channel":"a","info":1}`, 400, SlugInvalid, "info must be a string"},
}

func TestWrongEvents(t *testing.T) {
	for _, tt := range wrongEvents {
		_, err := ParseEvent([]byte(tt.in), testLimits)
		wantFailure(t, tt.in, err, tt.status, tt.slug, tt.text)
	}
}

func wantFailure(t *testing.T, in string, err error, status int, slug, text string) {
	t.Helper()
	f, ok := errors.AsType[*Failure](err)
	if !ok || f.Status != status || f.Slug != slug || !strings.Contains(f.Message, text) {
		t.Errorf("%s: %+v", in, err)
	}
}

func TestParseBatch(t *testing.T) {
	events, err := ParseBatch([]byte(`{"batch":[
		{"name":"a","data":"1","channel":"x","info":"user_count"},
		{"name":"b","data":"2","channel":"x","socket_id":"1.2"}]}`), testLimits)
	if err != nil || len(events) != 2 || events[0].Name != "a" || events[1].Except != (SocketID{1, 2}) {
		t.Errorf("%+v, %v", events, err)
	}
	many := `{"batch":[` + strings.TrimSuffix(strings.Repeat(`{"name":"a","data":"1","channel":"x"},`, 50), ",") + `]}`
	if events, err := ParseBatch([]byte(many), Limits{}); err != nil || len(events) != 50 {
		t.Errorf("0 must mean no limit: %d events, %v", len(events), err)
	}
}

func TestWrongBatches(t *testing.T) {
	const good = `{"name":"a","data":"1","channel":"x"}`
	tests := []struct {
		in     string
		status int
		slug   string
		text   string
	}{
		{``, 400, SlugInvalid, "body is not a JSON object"},
		{`{}`, 400, SlugInvalid, "batch must be an array"},
		{`{"batch":null}`, 400, SlugInvalid, "batch must be an array"},
		{`{"batch":{}}`, 400, SlugInvalid, "batch must be an array"},
		{`{"batch":[]}`, 400, SlugInvalid, "batch is empty"},
		{`{"batch":[1]}`, 400, SlugInvalid, "batch[0]: body is not a JSON object"},
		{`{"batch":[` + good + `,{"name":"a","channel":"x"}]}`, 400, SlugInvalid, "batch[1]: data is missing"},
		{`{"batch":[` + good + `,` + good + `,` + good + `]}`, 400, SlugLimit, "more than 2 events"},
		{`{"batch":[{"name":"a","data":"1","channels":["x","y"]}]}`, 400, SlugInvalid, "batch[0]: an event of a batch has exactly one channel"},
		{`{"batch":[{"name":"a","data":"12345678901","channel":"x"}]}`, 413, SlugTooLarge, "batch[0]: data has 11 bytes"},
	}
	for _, tt := range tests {
		events, err := ParseBatch([]byte(tt.in), testLimits)
		wantFailure(t, tt.in, err, tt.status, tt.slug, tt.text)
		if events != nil {
			t.Errorf("%s: an error and %d events", tt.in, len(events))
		}
	}
}

func TestManyChannelsAreStillUnique(t *testing.T) {
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf(`"c%d"`, i%250))
	}
	event, err := ParseEvent([]byte(`{"name":"e","data":"","channels":[`+strings.Join(names, ",")+`]}`), Limits{})
	if err != nil || len(event.Channels) != 250 || event.Channels[249].Name != "c249" {
		t.Errorf("%d channels, %v", len(event.Channels), err)
	}
}

func TestFailureAsJSON(t *testing.T) {
	f := &Failure{400, SlugInvalid, "name \"x\"\n"}
	want := `{"error":"name \"x\"\n","code":"invalid_input","status":400}`
	if got := string(f.AppendJSON(nil)); got != want || !json.Valid([]byte(got)) {
		t.Errorf("got %s", got)
	}
}

func TestParseInfo(t *testing.T) {
	all := InfoUserCount | InfoSubscriptionCount | InfoCache
	if got, err := ParseInfo("cache,user_count,cache", all); err != nil || !got.Has(InfoCache|InfoUserCount) || got.Has(InfoSubscriptionCount) {
		t.Errorf("got %b, %v", got, err)
	}
	if got, err := ParseInfo("", 0); err != nil || got != 0 {
		t.Errorf("got %b, %v", got, err)
	}
	_, err := ParseInfo("user_count", InfoCache)
	wantFailure(t, "user_count", err, 400, SlugInvalid, `"user_count"`)
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(`{"name":"e","data":"d","channels":["a","private-b"],"socket_id":"1.2","info":"user_count"}`))
	f.Add([]byte(`{"batch":[{"name":"e","data":{"a":1},"channel":"a"}]}`))
	for _, tt := range wrongEvents {
		f.Add([]byte(tt.in))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := ParseBatch(body, testLimits); err != nil {
			if f, ok := errors.AsType[*Failure](err); !ok || f.Status < 400 {
				t.Errorf("%q: %v", body, err)
			}
		}
		event, err := ParseEvent(body, testLimits)
		if err != nil {
			if f, ok := errors.AsType[*Failure](err); !ok || !json.Valid(f.AppendJSON(nil)) {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		if !json.Valid(body) || event.Name == "" || len(event.Channels) == 0 || len(event.Channels) > testLimits.Channels {
			t.Errorf("%q became %+v", body, event)
		}
		if err := strict.Check(AppendEvent(nil, event.Name, event.Channels[0].Name, event.Data, "")); err != nil {
			t.Error(err)
		}
	})
}
