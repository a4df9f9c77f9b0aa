package pusher

import (
	"bytes"
	"crypto/rand"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var socketIDForm = regexp.MustCompile(`^\d+\.\d+$`)

func TestNewSocketIDsAreWellFormedAndDiffer(t *testing.T) {
	seen := make(map[SocketID]bool)
	for range 1000 {
		id, err := NewSocketID(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !socketIDForm.MatchString(id.String()) || len(id.String()) > 21 {
			t.Errorf("bad id %q", id)
		}
		if back, err := ParseSocketID(id.String()); err != nil || back != id {
			t.Errorf("%q came back as %q, %v", id, back, err)
		}
		if seen[id] || id.IsZero() {
			t.Errorf("id %q is zero or was drawn twice", id)
		}
		seen[id] = true
	}
}

func TestNewSocketIDTellsOfABrokenSource(t *testing.T) {
	if _, err := NewSocketID(strings.NewReader("too short")); err == nil {
		t.Error("no error")
	}
	if id, err := NewSocketID(bytes.NewReader(make([]byte, 16))); err != nil || id.IsZero() {
		t.Errorf("zero bits gave %q, %v", id, err)
	}
}

func TestParseSocketID(t *testing.T) {
	tests := []struct {
		in   string
		want string
		bad  bool
	}{
		{in: "123.456", want: "123.456"},
		{in: "9999999999.1", want: "9999999999.1"},
		{in: "10000000000.1", want: "0.0"},
		{in: "99999999999999999999999.1", want: "0.0"},
		{in: "0123.456", want: "0.0"},
		{in: "0.0", want: "0.0"},
		{in: "", bad: true},
		{in: ".", bad: true},
		{in: "1.", bad: true},
		{in: ".1", bad: true},
		{in: "1.2.3", bad: true},
		{in: "-1.2", bad: true},
		{in: "+1.2", bad: true},
		{in: "1.2 ", bad: true},
		{in: "1.2\n", bad: true},
		{in: "1_0.2", bad: true},
		{in: "١.٢", bad: true},
		{in: "1234.1234:private-x", bad: true},
	}
	for _, tt := range tests {
		got, err := ParseSocketID(tt.in)
		if (err != nil) != tt.bad {
			t.Errorf("%q: error %v", tt.in, err)
		}
		if err == nil && got.String() != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSocketIDIsItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.Uint64Range(1, socketIDPart-1)
		id := SocketID{part.Draw(t, "high"), part.Draw(t, "low")}
		if back, err := ParseSocketID(id.String()); err != nil || back != id {
			t.Fatalf("%q came back as %q, %v", id, back, err)
		}
	})
}

func FuzzParseSocketID(f *testing.F) {
	for _, s := range []string{"123.456", "1.", "00.1", "1.2.3", "99999999999.5", "x.y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseSocketID(s)
		if (err == nil) != socketIDForm.MatchString(s) {
			t.Errorf("%q: error %v", s, err)
		}
		if !id.IsZero() && id.String() != s {
			t.Errorf("%q became %q", s, id)
		}
	})
}
