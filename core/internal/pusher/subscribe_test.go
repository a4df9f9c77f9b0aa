package pusher

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/test/strict"
)

func TestParseSubscribe(t *testing.T) {
	const data = `{"user_id":"1","user_info":{"name":"Ann \"A\""}}`
	quoted, _ := json.Marshal(data)
	object := `{"auth":"k:s","channel":"presence-x","channel_data":` + string(quoted) + `}`
	asString, _ := json.Marshal(object)
	tests := []struct {
		name, in            string
		channel, auth, data string
	}{
		{"public", `{"auth":"","channel":"my-channel"}`, "my-channel", "", ""},
		{"presence", object, "presence-x", "k:s", data},
		{"the object as a string", string(asString), "presence-x", "k:s", data},
		{"nulls are absent", `{"auth":null,"channel":"c","channel_data":null}`, "c", "", ""},
		{"further keys", `{"channel":"c","filter":{"a":[1]}}`, "c", "", ""},
	}
	for _, tt := range tests {
		sub, err := ParseSubscribe([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := []string{string(sub.Channel), string(sub.Auth), string(sub.ChannelData)}
		if diff := cmp.Diff([]string{tt.channel, tt.auth, tt.data}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestWrongSubscribeData(t *testing.T) {
	tests := []struct{ in, text string }{
		{``, "Missing parameter: data"},
		{`null`, "Missing parameter: data"},
		{`{}`, "Missing parameter: data.channel"},
		{`{"channel":""}`, "Missing parameter: data.channel"},
		{`{"channel":null}`, "Missing parameter: data.channel"},
		{`{"channel":7}`, "Invalid parameter: data.channel must be a string"},
		{`{"channel":["c"]}`, "Invalid parameter: data.channel must be a string"},
		{`{"channel":"c","auth":{}}`, "Invalid parameter: data.auth must be a string"},
		{`{"channel":"c","channel_data":{"user_id":1}}`, "Invalid parameter: data.channel_data must be a string"},
		{`7`, "Invalid data: not a JSON object"},
		{`[]`, "Invalid data: not a JSON object"},
		{`""`, "Invalid data: not a JSON object"},
		{`"{\"channel\""`, "Invalid data: not valid JSON at byte 10"},
		{`"\"{}\""`, "Invalid data: not a JSON object"},
	}
	for _, tt := range tests {
		_, err := ParseSubscribe([]byte(tt.in))
		if e := AsError(err); e == nil || e.Message != tt.text || e.Code != NoCode || !errors.Is(err, ErrField) {
			t.Errorf("%s: %v", tt.in, err)
		}
	}
}

func TestParseUnsubscribe(t *testing.T) {
	for _, in := range []string{`{"channel":"c"}`, `"{\"channel\":\"c\"}"`} {
		if got, err := ParseUnsubscribe([]byte(in)); err != nil || string(got) != "c" {
			t.Errorf("%s: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{``, `{}`, `{"channel":1}`, `{"channel":`} {
		if _, err := ParseUnsubscribe([]byte(in)); err == nil {
			t.Errorf("%s passed", in)
		}
	}
}

func TestParseMember(t *testing.T) {
	tests := []struct{ in, id, info string }{
		{`{"user_id":"1","user_info":{"name":"A"}}`, "1", `{"name":"A"}`},
		{`{"user_id":10}`, "10", `{}`},
		{`{"user_id":-7,"user_info":null}`, "-7", `{}`},
		{`{"user_id":0}`, "0", `{}`},
		{`{"user_id":-0}`, "0", `{}`},
		{`{"user_id":9007199254740993}`, "9007199254740993", `{}`},
		{`{"user_id":123456789012345678901234567890}`, "123456789012345678901234567890", `{}`},
		{`{"user_id":"\u00e9","user_info":[1, 2]}`, "é", `[1, 2]`},
		{` {"user_info":"x","user_id":"ann"} `, "ann", `"x"`},
	}
	for _, tt := range tests {
		m, err := ParseMember([]byte(tt.in), 100)
		if err != nil || m.UserID != tt.id || string(m.Info) != tt.info {
			t.Errorf("%s: %q %s, %v", tt.in, m.UserID, m.Info, err)
		}
	}
}

func TestWrongMembers(t *testing.T) {
	long := strings.Repeat("x", 129)
	tests := []struct {
		in    string
		cause error
	}{
		{``, ErrMember},
		{`7`, ErrMember},
		{`{"user_id"`, ErrMember},
		{`{}`, ErrMember},
		{`{"user_id":null}`, ErrMember},
		{`{"user_id":""}`, ErrMember},
		{`{"user_id":true}`, ErrMember},
		{`{"user_id":{}}`, ErrMember},
		{`{"user_id":1.0}`, ErrMember},
		{`{"user_id":1e3}`, ErrMember},
		{`{"user_id":"a\u0000"}`, ErrMember},
		{`{"user_id":"` + long + `"}`, ErrMemberSize},
		{`{"user_id":` + strings.Repeat("9", 129) + `}`, ErrMemberSize},
		{`{"user_id":"1","user_info":"` + long + `"}`, ErrMemberSize},
	}
	for _, tt := range tests {
		_, err := ParseMember([]byte(tt.in), 100)
		e := AsError(err)
		if e == nil || !errors.Is(err, tt.cause) || e.Code != NoCode {
			t.Errorf("%.40s: %v", tt.in, err)
			continue
		}
		if tooBig := tt.cause == ErrMemberSize; tooBig != (e.Status == 413 && e.Type == TypeLimit) {
			t.Errorf("%.40s: %+v", tt.in, e)
		}
	}
	if _, err := ParseMember([]byte(`{"user_id":"1","user_info":"`+long+`"}`), 0); err != nil {
		t.Error("0 must mean no limit:", err)
	}
}

func FuzzParseMember(f *testing.F) {
	for _, s := range []string{`{"user_id":10}`, `{"user_id":"é","user_info":{"a":"b"}}`, `{"user_id":1e400}`, `{"user_id":-0}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMember(b, 1000)
		if err != nil {
			return
		}
		frame := AppendMemberAdded(nil, "presence-x", m)
		if err := strict.CheckSwift(frame); err != nil {
			t.Errorf("%q became %s: %v", b, frame, err)
		}
	})
}
