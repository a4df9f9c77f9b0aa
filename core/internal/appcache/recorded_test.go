package appcache

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// testdata/app.json is a copy of an app as nodes have written them since the first
// version. It is never made anew: nodes of an upgrade that is under way read each
// other's copies.
func TestARecordedCopyIsTheApp(t *testing.T) {
	text, err := os.ReadFile("testdata/app.json")
	if err != nil {
		t.Fatal(err)
	}
	s := newShelf()
	s.values["app:1"], s.values["app_key:k"] = string(text), "1"
	c := newCache(s, secret)
	for _, byKey := range []bool{false, true} {
		app, _, ok := c.Find(t.Context(), map[bool]string{false: "1", true: "k"}[byKey], byKey)
		if !ok {
			t.Fatal("the copy cannot be read")
		}
		if diff := cmp.Diff(anApp(5), app); diff != "" {
			t.Error(diff)
		}
	}
	c.Put(anApp(4))
	c.written(t)
	if s.values["app:1"] != string(text) {
		t.Error("an older revision was written over the copy")
	}
	// What this node writes says the same under the same keys.
	other := newShelf()
	w := newCache(other, secret)
	w.Put(anApp(5))
	w.written(t)
	if got, want := slices.Sorted(maps.Keys(other.all())), []string{"app:1", "app_key:k"}; !slices.Equal(got, want) {
		t.Errorf("written were %q, want %q", got, want)
	}
	if diff := cmp.Diff(shownIn(t, string(text)), shownIn(t, other.all()["app:1"])); diff != "" {
		t.Error(diff)
	}
}

// shownIn is a record without what differs each time.
func shownIn(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	m["sealed"] = m["sealed"] != nil
	return m
}

// The mark of an app that has changed, and what a later version may add.
func TestRecordedMarks(t *testing.T) {
	s := newShelf()
	s.values["app:1"] = `{"id":"1","enabled":false,"revision":9,"gone":true,"later":{"a":1}}`
	c := newCache(s, secret)
	if _, _, ok := c.Find(t.Context(), "1", false); ok {
		t.Error("an app was found under the mark of its change")
	}
	c.Put(anApp(8))
	c.written(t)
	if _, _, ok := c.Find(t.Context(), "1", false); ok {
		t.Error("a revision below the mark was written over it")
	}
	c.Put(anApp(9))
	c.written(t)
	if _, good, ok := c.Find(t.Context(), "1", false); !ok || good != time.Minute {
		t.Error("the revision of the mark was not written")
	}
}
