package idempotency

import (
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// recordedWork and recordedAnswer are entries as nodes have written them since the
// first version, for the body "{}".
const (
	recordedWork   = `{"fingerprint":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}`
	recordedAnswer = `{"fingerprint":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","answer":"{\"ok\":true}"}`
)

// A request that comes again to a node of another version is answered, and is not
// carried out again.
func TestRecordedEntries(t *testing.T) {
	cache := newTable(tableEntries, tableBytes)
	l := New(cache, time.Minute)
	c, _, err := l.Begin(t.Context(), "k", []byte("{}"))
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	stands := func(want string) {
		t.Helper()
		if got, err := cache.Get(t.Context(), "k"); err != nil || string(got) != want {
			t.Errorf("written as %s, %v, was %s", got, err, want)
		}
	}
	stands(recordedWork)
	c.Commit(t.Context(), []byte(`{"ok":true}`))
	stands(recordedAnswer)
	for _, entry := range []string{recordedAnswer, recordedAnswer[:len(recordedAnswer)-1] + `,"later":1}`} {
		if _, err := cache.Set(t.Context(), "k", []byte(entry), contract.SetOptions{TTL: time.Minute}); err != nil {
			t.Fatal(err)
		}
		want(t, l, "{}", `{"ok":true}`, nil)
		want(t, l, "other", "", ErrConflict)
	}
}
