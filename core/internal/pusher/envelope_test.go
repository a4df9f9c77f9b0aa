package pusher

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseEnvelope(t *testing.T) {
	tests := []struct {
		name, in             string
		event, channel, data string
	}{
		{"ping", `{"event":"pusher:ping","data":{}}`, "pusher:ping", "", `{}`},
		{"no data", `{"event":"pusher:ping"}`, "pusher:ping", "", ""},
		{"null data is there", `{"event":"e","data":null}`, "e", "", "null"},
		{"data as string", `{"event":"e","data":"{\"a\":1}"}`, "e", "", `"{\"a\":1}"`},
		{"client event", `{"event":"client-x","channel":"private-x","data":{"a":[1,2.5e-3,{"b":null}]}}`, "client-x", "private-x", `{"a":[1,2.5e-3,{"b":null}]}`},
		{"white space everywhere", " \t\r\n{ \"event\" : \"e\" ,\n\"data\" : [ 1 , 2 ] } \n", "e", "", "[ 1 , 2 ]"},
		{"unknown keys", `{"user_id":"fake","x":{"event":"inner"},"event":"e"}`, "e", "", ""},
		{"the last of equal names counts", `{"event":"a","data":1,"event":"b","data":2}`, "b", "", "2"},
		{"a wrong value before the last is no matter", `{"event":7,"event":"b"}`, "b", "", ""},
		{"names are case-sensitive", `{"event":"a","Event":"b","EVENT":"c"}`, "a", "", ""},
		{"names with escapes", `{"\u0065vent":"e","ch\u0061nnel":"c"}`, "e", "c", ""},
		{"values with escapes", `{"event":"\u0065\n\"\ud83d\ude00\ud83d"}`, "e\n\"😀\ufffd", "", ""},
		{"null channel", `{"event":"e","channel":null}`, "e", "", ""},
		{"bytes that are not UTF-8", "{\"event\":\"a\xffb\"}", "a\ufffdb", "", ""},
		{"huge number", `{"event":"e","data":1e99999999999}`, "e", "", "1e99999999999"},
		{"empty containers", `{"event":"e","data":[{},[],{"":[]}]}`, "e", "", `[{},[],{"":[]}]`},
	}
	for _, tt := range tests {
		env, err := ParseEnvelope([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := []string{string(env.Event), string(env.Channel), string(env.Data)}
		if diff := cmp.Diff([]string{tt.event, tt.channel, tt.data}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestAbsentDataIsNil(t *testing.T) {
	env, err := ParseEnvelope([]byte(`{"event":"e"}`))
	if err != nil || env.Data != nil {
		t.Errorf("data %q, error %v", env.Data, err)
	}
}

func TestWrongFrames(t *testing.T) {
	tests := []struct {
		in    string
		cause error
	}{
		{``, ErrNotJSON},
		{`null`, ErrNotJSON},
		{`[]`, ErrNotJSON},
		{`"x"`, ErrNotJSON},
		{`{`, ErrNotJSON},
		{`{"event"`, ErrNotJSON},
		{`{"event":"e"`, ErrNotJSON},
		{`{"event":"e",}`, ErrNotJSON},
		{`{,"event":"e"}`, ErrNotJSON},
		{`{"event":"e"}x`, ErrNotJSON},
		{`{"event":"e"}{}`, ErrNotJSON},
		{`{"event":"e` + "\n" + `"}`, ErrNotJSON},
		{`{"event":"\x"}`, ErrNotJSON},
		{`{"event":"\u12g4"}`, ErrNotJSON},
		{`{"event":"\`, ErrNotJSON},
		{`{"event":"e","data":01}`, ErrNotJSON},
		{`{"event":"e","data":1.}`, ErrNotJSON},
		{`{"event":"e","data":-}`, ErrNotJSON},
		{`{"event":"e","data":+1}`, ErrNotJSON},
		{`{"event":"e","data":tru}`, ErrNotJSON},
		{`{"event":"e","data":NaN}`, ErrNotJSON},
		{`{"event":"e","data":[1,]}`, ErrNotJSON},
		{`{"event":"e","data":[1}}`, ErrNotJSON},
		{`{"event":"e","data":{"a":1]}`, ErrNotJSON},
		{`{"event":"e","data":{"a"}}`, ErrNotJSON},
		{`{"event":"e","data":}`, ErrNotJSON},
		{`{'event':'e'}`, ErrNotJSON},
		{"\ufeff" + `{"event":"e"}`, ErrNotJSON},
		{nested(513), ErrNotJSON},
		{`{}`, ErrNoEvent},
		{`{"event":""}`, ErrNoEvent},
		{`{"event":null}`, ErrNoEvent},
		{`{"event":1}`, ErrNoEvent},
		{`{"event":"e","channel":1}`, ErrField},
		{`{"event":"e","channel":{}}`, ErrField},
	}
	for _, tt := range tests {
		_, err := ParseEnvelope([]byte(tt.in))
		if e := AsError(err); e == nil || !errors.Is(err, tt.cause) || e.Code != NoCode || e.Message == "" {
			t.Errorf("%.40s: %v", tt.in, err)
		}
	}
}

// nested is a frame whose data is so many arrays in each other.
func nested(depth int) string {
	return `{"event":"e","data":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}"
}

func TestDeepNestingIsBounded(t *testing.T) {
	if _, err := ParseEnvelope([]byte(nested(512))); err != nil {
		t.Error(err)
	}
	if _, err := ParseEnvelope([]byte(nested(100_000))); err == nil {
		t.Error("100000 levels passed")
	}
	alternating := `{"event":"e","data":` + strings.Repeat(`{"a":[`, 256) + strings.Repeat(`]}`, 256) + "}"
	if _, err := ParseEnvelope([]byte(alternating)); err != nil {
		t.Error(err)
	}
}

func TestParseEnvelopeAllocatesNothing(t *testing.T) {
	frame := []byte(`{"event":"client-x","channel":"presence-room","data":{"a":"b\n","c":[1,2,3]}}`)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := ParseEnvelope(frame); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// deeper reports whether b opens more brackets outside of strings than the
// scanner admits at once, or may do so.
func deeper(b []byte) bool {
	return bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) > maxDepth
}

func FuzzParseEnvelope(f *testing.F) {
	for _, s := range []string{
		`{"event":"pusher:ping","data":{}}`, `{"event":"a","event":null}`, `{"\u0065vent":"\ud800x"}`,
		`{"event":"e","data":[1e5,-0.1,true,false,null,"\\\"\/\b\f\n\r\t"]}`, `{"Event":"x","event":"y"}`,
		`{"event":"e","data":{"a":{"b":[{}]}}} `, "{\"event\":\"\xff\xc0\"}", `{"event":01}`, `[]`, nested(20), ``,
		`{"event":"aaaaaaaaaaaaaaaaaaaaaaaaaa` + "\x1f" + `bbbbbbb"}`, `{"event":"é\u2028","channel":"c"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if deeper(b) {
			return
		}
		env, err := ParseEnvelope(b)
		var want map[string]json.RawMessage
		isObject := json.Valid(b) && json.Unmarshal(b, &want) == nil && want != nil
		if isObject == errors.Is(err, ErrNotJSON) {
			t.Fatalf("%q: encoding/json finds an object: %v, we say %v", b, isObject, err)
		}
		var event, channel string
		badEvent := json.Unmarshal(orNull(want["event"]), &event) != nil || event == ""
		badChannel := json.Unmarshal(orNull(want["channel"]), &channel) != nil
		if bad := !isObject || badEvent || badChannel; bad != (err != nil) {
			t.Fatalf("%q: error %v", b, err)
		}
		if err != nil {
			return
		}
		if string(env.Event) != event || string(env.Channel) != channel || !bytes.Equal(env.Data, want["data"]) {
			t.Fatalf("%q: got %q %q %q, want %q %q %q", b, env.Event, env.Channel, env.Data, event, channel, want["data"])
		}
		if n, ok := want["data"]; ok != (env.Data != nil) {
			t.Fatalf("%q: data %q", b, n)
		}
	})
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}
