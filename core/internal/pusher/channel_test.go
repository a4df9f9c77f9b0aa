package pusher

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseChannel(t *testing.T) {
	tests := []struct {
		name  string
		class Class
		cache bool
		label string
	}{
		{"lobby", Public, false, "public"},
		{"cache-news", Public, true, "cache"},
		{"private-room", Private, false, "private"},
		{"private-cache-room", Private, true, "private-cache"},
		{"private-encrypted-room", Encrypted, false, "private-encrypted"},
		{"private-encrypted-cache-room", Encrypted, true, "private-encrypted-cache"},
		{"presence-room", Presence, false, "presence"},
		{"presence-cache-room", Presence, true, "presence-cache"},
		{"#server-to-user-ann", User, false, "server-to-user"},
		{"#server-to-user-Ann Ö.", User, false, "server-to-user"},

		{"private", Public, false, "public"},
		{"privateer", Public, false, "public"},
		{"private-", Private, false, "private"},
		{"Private-room", Public, false, "public"},
		{"my-private-room", Public, false, "public"},
		{"my-presence-room", Public, false, "public"},
		{"encrypted-room", Public, false, "public"},
		{"cache", Public, false, "public"},
		{"my-cache-room", Public, false, "public"},
		{"private-user-cache-1", Private, false, "private"},
		{"private-encrypted", Private, false, "private"},
		{"presence-encrypted-cache-x", Presence, false, "presence"},
		{"presence-private-x", Presence, false, "presence"},
		{"cache-private-x", Public, true, "cache"},
		{"private-cache-encrypted-x", Private, true, "private-cache"},
	}
	for _, tt := range tests {
		got, err := ParseChannel(tt.name, 200)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want := Channel{Name: tt.name, Class: tt.class, Cache: tt.cache}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if got.TypeLabel() != tt.label {
			t.Errorf("%s: label %s, want %s", tt.name, got.TypeLabel(), tt.label)
		}
	}
}

func TestWhatAClassDemandsAndAllows(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		needsAuth, clientEvent bool
		userID                 string
	}{
		{"lobby", false, false, ""},
		{"cache-lobby", false, false, ""},
		{"private-x", true, true, ""},
		{"private-cache-x", true, true, ""},
		{"private-encrypted-x", true, false, ""},
		{"private-encrypted-cache-x", true, false, ""},
		{"presence-x", true, true, ""},
		{"presence-cache-x", true, true, ""},
		{"#server-to-user-7", false, false, "7"},
	} {
		ch, err := ParseChannel(tt.name, 0)
		if err != nil {
			t.Fatal(err)
		}
		if ch.NeedsAuth() != tt.needsAuth || ch.AllowsClientEvents() != tt.clientEvent || ch.UserID() != tt.userID {
			t.Errorf("%s: auth %v, client events %v, user %q", tt.name, ch.NeedsAuth(), ch.AllowsClientEvents(), ch.UserID())
		}
	}
	if got, _ := ParseChannel("#server-to-user-7", 0); got != UserChannel("7") {
		t.Errorf("UserChannel gives %v", UserChannel("7"))
	}
}

func TestWrongChannelNames(t *testing.T) {
	tests := []struct {
		name, problem string
		tooLong       bool
	}{
		{name: "", problem: "empty"},
		{name: "with space", problem: "position 4"},
		{name: "with:colon", problem: "position 4"},
		{name: "a#b", problem: "position 1"},
		{name: "ä", problem: "position 0"},
		{name: "nul\x00", problem: "position 3"},
		{name: "#other", problem: "reserved"},
		{name: "#", problem: "reserved"},
		{name: "#server-to-user", problem: "reserved"},
		{name: "#server-to-user-", problem: "empty"},
		{name: "#server-to-user-a\nb", problem: "printed"},
		{name: "#server-to-user-" + strings.Repeat("x", 129), problem: "longer than 128", tooLong: true},
		{name: strings.Repeat("x", 201), problem: "longer than 200", tooLong: true},
	}
	for _, tt := range tests {
		got, err := ParseChannel(tt.name, 200)
		var e *NameError
		if !errors.As(err, &e) || !strings.Contains(e.Error(), tt.problem) || e.TooLong != tt.tooLong {
			t.Errorf("%.20q: error %v", tt.name, err)
		}
		if got != (Channel{}) {
			t.Errorf("%.20q: an error and %v", tt.name, got)
		}
		if e := AsError(err); e.Type != TypeChannel || e.Status != 400 || e.Code != NoCode {
			t.Errorf("%.20q: told as %+v", tt.name, e)
		}
	}
	if _, err := ParseChannel(strings.Repeat("x", 200), 200); err != nil {
		t.Error(err)
	}
	if _, err := ParseChannel(strings.Repeat("x", 5000), 0); err != nil {
		t.Error("0 must mean no limit:", err)
	}
}

// Every sequence of words that occur in prefixes is classified by its
// beginning alone, as the rule says in other words.
func TestOnlyTheBeginningOfANameCounts(t *testing.T) {
	word := rapid.SampledFrom([]string{"presence", "private", "encrypted", "cache", "room", "privateer", "x"})
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(word, 1, 6).Draw(t, "words")
		got, err := ParseChannel(strings.Join(words, "-"), 200)
		if err != nil {
			t.Fatal(err)
		}
		class, used := classOfWords(words)
		cache := len(words) > used+1 && words[used] == "cache"
		if got.Class != class || got.Cache != cache {
			t.Fatalf("%s: class %d, cache %v", got.Name, got.Class, got.Cache)
		}
	})
}

func classOfWords(words []string) (class Class, used int) {
	if len(words) == 1 {
		return Public, 0
	}
	switch {
	case words[0] == "presence":
		return Presence, 1
	case words[0] == "private" && words[1] == "encrypted" && len(words) > 2:
		return Encrypted, 2
	case words[0] == "private":
		return Private, 1
	}
	return Public, 0
}

func FuzzParseChannel(f *testing.F) {
	for _, s := range []string{"a", "private-cache-x", "#server-to-user-1", "presence-\xff", "a b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ch, err := ParseChannel(s, 200)
		if err != nil {
			return
		}
		if ch.Name != s || ch.TypeLabel() == "" {
			t.Errorf("%q became %+v", s, ch)
		}
		if ch.Class != User && (len(s) > 200 || strings.ContainsAny(s, "#: \"\\")) {
			t.Errorf("%q was let through", s)
		}
	})
}
