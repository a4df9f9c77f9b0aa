package pusher

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func FuzzTextOf(f *testing.F) {
	for _, s := range []string{`"a"`, `"\ud83d\ude00"`, `"\ude00\ud83d"`, `"\ud83dx"`, `"\ud83d\n"`, "\"\xe2\x28\"", `"\u0000\/"`, `"\ud83d\ud83d\ude00"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want string
		if len(raw) == 0 || raw[0] != '"' || raw[len(raw)-1] != '"' || json.Unmarshal(raw, &want) != nil {
			return
		}
		if got := string(textOf(raw)); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
		if utf8.Valid(raw) && DataSize(raw) != len(want) {
			t.Errorf("%q: size %d, want %d", raw, DataSize(raw), len(want))
		}
	})
}

func FuzzAppendQuoted(f *testing.F) {
	for _, s := range []string{"", "a\"b\\c", "\x00\x1f\x7f\b\f\n\r\t", "é\u2028😀", "\xff", "\xe2\x82", "a\xc3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := appendQuoted(nil, s)
		if got := decodeString(t, once); got != replaced(s) {
			t.Errorf("%q came back as %q", s, got)
		}
		if string(appendQuoted(nil, []byte(s))) != string(once) {
			t.Errorf("%q: bytes and string differ", s)
		}
		twice := `"` + string(appendQuotedTwice(nil, s)) + `"`
		if got := decodeString(t, []byte(decodeString(t, []byte(twice)))); got != replaced(s) {
			t.Errorf("%q came back twice as %q", s, got)
		}
		if !utf8.Valid(once) || !utf8.ValidString(twice) {
			t.Errorf("%q: not valid UTF-8", s)
		}
	})
}

func decodeString(t *testing.T, encoded []byte) (s string) {
	t.Helper()
	if err := json.Unmarshal(encoded, &s); err != nil {
		t.Fatalf("%q: %v", encoded, err)
	}
	return s
}

// replaced is s as encoding/json would have it arrive.
func replaced(s string) string {
	encoded, _ := json.Marshal(s)
	var back string
	_ = json.Unmarshal(encoded, &back)
	return back
}
