package pusher

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/test/strict"
)

// goldenFrames are the frames of the protocol as its documents show them.
var goldenFrames = []struct {
	got  []byte
	want string
}{
	{
		AppendConnectionEstablished(nil, SocketID{123, 456}, 120),
		`{"event":"pusher:connection_established","data":"{\"socket_id\":\"123.456\",\"activity_timeout\":120}"}`,
	},
	{
		AppendError(nil, CodeUnknownApp, CodeUnknownApp.Text()),
		`{"event":"pusher:error","data":{"code":4001,"message":"Application does not exist"}}`,
	},
	{
		AppendError(nil, NoCode, "Missing parameter: \"data\"\n"),
		`{"event":"pusher:error","data":{"code":null,"message":"Missing parameter: \"data\"\n"}}`,
	},
	{AppendPing(nil), `{"event":"pusher:ping","data":"{}"}`},
	{AppendPong(nil), `{"event":"pusher:pong","data":"{}"}`},
	{
		AppendSubscriptionSucceeded(nil, "my-channel"),
		`{"event":"pusher_internal:subscription_succeeded","channel":"my-channel","data":"{}"}`,
	},
	{
		AppendPresenceSucceeded(nil, "presence-x", []Member{{"1", []byte(`{"name":"A"}`)}, {"2", nil}}),
		`{"event":"pusher_internal:subscription_succeeded","channel":"presence-x","data":"{\"presence\":{\"ids\":[\"1\",\"2\"],\"hash\":{\"1\":{\"name\":\"A\"},\"2\":{}},\"count\":2}}"}`,
	},
	{
		AppendPresenceSucceeded(nil, "presence-x", nil),
		`{"event":"pusher_internal:subscription_succeeded","channel":"presence-x","data":"{\"presence\":{\"ids\":[],\"hash\":{},\"count\":0}}"}`,
	},
	{
		AppendSubscriptionError(nil, "private-x", &Error{Type: TypeAuth, Message: "…", Status: 401}),
		`{"event":"pusher:subscription_error","channel":"private-x","data":"{\"type\":\"AuthError\",\"error\":\"…\",\"status\":401}"}`,
	},
	{
		AppendMemberAdded(nil, "presence-x", Member{"2", []byte(`{"name":"B"}`)}),
		`{"event":"pusher_internal:member_added","channel":"presence-x","data":"{\"user_id\":\"2\",\"user_info\":{\"name\":\"B\"}}"}`,
	},
	{
		AppendMemberRemoved(nil, "presence-x", "2"),
		`{"event":"pusher_internal:member_removed","channel":"presence-x","data":"{\"user_id\":\"2\"}"}`,
	},
	{
		AppendSubscriptionCount(nil, "my-channel", 7),
		`{"event":"pusher_internal:subscription_count","channel":"my-channel","data":"{\"subscription_count\":7}"}`,
	},
	{
		AppendCacheMiss(nil, "cache-x"),
		`{"event":"pusher:cache_miss","channel":"cache-x","data":"{}"}`,
	},
	{
		AppendSigninSuccess(nil, `{"id":"1"}`),
		`{"event":"pusher:signin_success","data":"{\"user_data\":\"{\\\"id\\\":\\\"1\\\"}\"}"}`,
	},
	{
		AppendWatchlistEvents(nil, []string{"a", "b"}, []string{"c"}),
		`{"event":"pusher_internal:watchlist_events","data":"{\"events\":[{\"name\":\"online\",\"user_ids\":[\"a\",\"b\"]},{\"name\":\"offline\",\"user_ids\":[\"c\"]}]}"}`,
	},
	{
		AppendWatchlistEvents(nil, nil, []string{"c"}),
		`{"event":"pusher_internal:watchlist_events","data":"{\"events\":[{\"name\":\"offline\",\"user_ids\":[\"c\"]}]}"}`,
	},
	{
		AppendEvent(nil, "my-event", "my-channel", []byte(`"{\"hello\":\"world\"}"`), ""),
		`{"event":"my-event","channel":"my-channel","data":"{\"hello\":\"world\"}"}`,
	},
	{
		AppendEvent(nil, []byte("client-typing"), "presence-x", []byte(`{"a":1}`), "2"),
		`{"event":"client-typing","channel":"presence-x","data":"{\"a\":1}","user_id":"2"}`,
	},
	{
		AppendEvent(nil, "my-event", "#server-to-user-1", []byte(`{"hello":"you"}`), ""),
		`{"event":"my-event","channel":"#server-to-user-1","data":"{\"hello\":\"you\"}"}`,
	},
	{
		AppendEvent(nil, "my-event", "private-encrypted-x", []byte(`"{\"nonce\":\"B64\",\"ciphertext\":\"B64\"}"`), ""),
		`{"event":"my-event","channel":"private-encrypted-x","data":"{\"nonce\":\"B64\",\"ciphertext\":\"B64\"}"}`,
	},
	{
		AppendEvent(nil, "e", "c", nil, ""),
		`{"event":"e","channel":"c","data":"{}"}`,
	},
	{
		AppendEvent(nil, "e", "c", []byte(`123`), ""),
		`{"event":"e","channel":"c","data":"123"}`,
	},
	{
		AppendEvent(nil, "e", "c", []byte(`"still \u00e9 \/ escaped"`), ""),
		`{"event":"e","channel":"c","data":"still \u00e9 \/ escaped"}`,
	},
}

func TestGoldenFrames(t *testing.T) {
	for _, tt := range goldenFrames {
		if diff := cmp.Diff(tt.want, string(tt.got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestEverySDKCanReadTheGoldenFrames(t *testing.T) {
	for _, tt := range goldenFrames {
		if err := strict.Check([]byte(tt.want)); err != nil {
			t.Error(err)
		}
	}
}

func TestEncodersAppendToWhatIsThere(t *testing.T) {
	got := AppendPong(AppendEvent([]byte("x"), "e", "c", []byte(`"d"`), ""))
	want := `x{"event":"e","channel":"c","data":"d"}{"event":"pusher:pong","data":"{}"}`
	if string(got) != want {
		t.Errorf("got %s", got)
	}
}

func TestEncodersAllocateNothing(t *testing.T) {
	dst := make([]byte, 0, 8<<10)
	event, data := []byte("client-an-event-whose-name-is-rather-long"), []byte(`{"a":"é","b":[1,2,3]}`)
	members := []Member{{"1", []byte(`{"name":"A"}`)}, {"2", nil}}
	refusal := &Error{Type: TypeAuth, Message: "\"no\"", Status: 401}
	users := []string{"a", "b"}
	if n := testing.AllocsPerRun(100, func() {
		AppendConnectionEstablished(dst, SocketID{123, 456}, 120)
		AppendError(dst, CodeUnauthorized, "no")
		AppendPresenceSucceeded(dst, "presence-x", members)
		AppendSubscriptionError(dst, "private-x", refusal)
		AppendMemberAdded(dst, "presence-x", members[0])
		AppendMemberRemoved(dst, "presence-x", "1")
		AppendSubscriptionCount(dst, "my-channel", 7)
		AppendSigninSuccess(dst, data)
		AppendWatchlistEvents(dst, users, users)
		AppendEvent(dst, event, "presence-x", data, "1")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzAppendEvent(f *testing.F) {
	f.Add("e", "c", []byte(`{"a":1}`), "1")
	f.Add("e\"\\", "#server-to-user-\"", []byte(`"a\u0000\ud800"`), "é\xff")
	f.Add("\x00", "", []byte("\"\xff\""), "")
	f.Add("e", "c", []byte(" [1, \"\\n\"]\t"), "\u2028")
	f.Fuzz(func(t *testing.T, event, channel string, data []byte, userID string) {
		if !json.Valid(data) {
			data = nil
		}
		raw := trimSpace(data)
		frame := AppendEvent(nil, event, channel, raw, userID)
		var got struct {
			Event   string `json:"event"`
			Channel string `json:"channel"`
			Data    string `json:"data"`
			UserID  string `json:"user_id"`
		}
		if err := json.Unmarshal(frame, &got); err != nil || !utf8.Valid(frame) {
			t.Fatalf("%q: %v", frame, err)
		}
		if got.Event != replaced(event) || got.Channel != replaced(channel) || got.UserID != replaced(userID) {
			t.Fatalf("%q: got %+v", frame, got)
		}
		if want := dataText(raw); got.Data != want {
			t.Fatalf("%q: data %q, want %q", frame, got.Data, want)
		}
		if _, err := ParseEnvelope(frame); err != nil && event != "" {
			t.Fatalf("%q: we cannot read it ourselves: %v", frame, err)
		}
	})
}

func trimSpace(b []byte) []byte {
	s := scanner{b: b}
	s.space()
	start := s.pos
	s.value()
	return b[start:s.pos]
}

// dataText is what a client should find in data, by way of encoding/json.
func dataText(raw []byte) string {
	if len(raw) == 0 {
		return "{}"
	}
	var text string
	if json.Unmarshal(raw, &text) == nil && raw[0] == '"' {
		return text
	}
	return replaced(string(raw))
}
