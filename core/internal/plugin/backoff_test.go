package plugin

import (
	"testing"
	"time"
)

func TestBackoffDoublesToItsCap(t *testing.T) {
	var b backoff
	want := backoffFirst
	for i := range 20 {
		got := b.next()
		if got > want || got < want/2 {
			t.Errorf("wait %d is %v, want between %v and %v", i, got, want/2, want)
		}
		want = min(2*want, backoffCap)
	}
	if !b.failed() {
		t.Error("not failed after 20 faults")
	}
}

func TestBackoffIsResetByHealthOnly(t *testing.T) {
	var b backoff
	for range 6 {
		b.next()
	}
	b.served(59 * time.Second)
	if got := b.next(); got <= 2*backoffFirst {
		t.Errorf("short service reset the back-off: %v", got)
	}
	b.served(60 * time.Second)
	if got := b.next(); got > backoffFirst || b.failed() {
		t.Errorf("after a minute of service the wait is %v, failed %t", got, b.failed())
	}
}
