package main

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestStateNamesAreReadBack(t *testing.T) {
	for _, key := range []contract.StateKey{
		{Kind: contract.StatePresence, App: "app", Name: "presence-room"},
		{Kind: contract.StatePresence, App: "a:b", Name: "c"},
		{Kind: contract.StatePresence, App: "a", Name: "b:c"},
		{Kind: contract.StateCount, App: "", Name: ""},
		{Kind: contract.StateCount, App: "näh", Name: "\n:"},
	} {
		name, err := stateName(key)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := stateKey(name); err != nil || got != key {
			t.Errorf("%q: got %+v, %v, want %+v", name, got, err, key)
		}
	}
	if _, err := stateName(contract.StateKey{App: "app"}); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("a key without a kind: %v", err)
	}
}

func TestAnEntryIsReadAsTheScriptWritesIt(t *testing.T) {
	const text = "1795738645123 7 1795738645999 5 0 2\n3:inc12:m:3:app:room3:ann4:\x00\xff:\n"
	got, err := parseEntry(9, text)
	want := contract.StateChange{
		Cell: 9, Epoch: 1795738645123, Seq: 7, Time: time.UnixMilli(1795738645999), Incarnation: "inc",
		Change: contract.Change{
			Key:  contract.StateKey{Kind: contract.StatePresence, App: "app", Name: "room"},
			User: "ann", Info: []byte("\x00\xff:\n"), Present: true,
		},
		Result: contract.ChangeResult{Seq: 7, First: true, Total: 2},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// FuzzNews holds what comes over the state topic of a cell: anything may, for
// anybody may publish there.
func FuzzNews(f *testing.F) {
	f.Add("epoch 17")
	f.Add("changes 54:1 7 9 5 0 2\n3:inc12:m:3:app:room3:ann4:\x00\xff:\n")
	f.Add("changes 99:")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := parseNews(3, s)
		if err == nil && n.epoch == 0 && len(n.changes) == 0 && s != "changes " && s != "changes" && s != "epoch 0" {
			t.Errorf("%q was read as nothing", s)
		}
		for _, c := range n.changes {
			if name, err := stateName(c.Change.Key); err != nil || c.Cell != 3 {
				t.Errorf("%q was read as %+v (%s, %v)", s, c, name, err)
			}
		}
	})
}

func FuzzHolding(f *testing.F) {
	f.Add("3:inc12:m:3:app:room3:ann4:info")
	f.Add("3:inc8:n:3:app:0:2:17")
	f.Fuzz(func(_ *testing.T, s string) {
		_, _ = parseHolding(s)
		_, _ = parseResult(s)
	})
}

func FuzzMessage(f *testing.F) {
	f.Add("1 3:incbody")
	f.Fuzz(func(t *testing.T, s string) {
		n, from, body, err := unaddressed(s)
		if err != nil {
			return
		}
		again, who, what, err := unaddressed(string(addressed(n, from, []byte(body))))
		if err != nil || again != n || who != from || what != body {
			t.Errorf("%q: %d from %q: %q; then %d from %q: %q, %v", s, n, from, body, again, who, what, err)
		}
	})
}
