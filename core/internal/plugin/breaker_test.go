package plugin

import (
	"testing"
	"time"
)

func TestBreakerOpensWhenHalfAreLate(t *testing.T) {
	b := &breaker{clock: newHandClock()}
	for i := range 2 * breakerWindow {
		if b.record(normal, i%3 == 0) {
			t.Fatalf("opened at call %d with a third of the calls late", i)
		}
	}
	opened := false
	for i := range breakerWindow {
		opened = opened || b.record(normal, i%2 == 0)
	}
	if !opened || b.allow() != refused {
		t.Errorf("opened %t, and then %v", opened, b.allow())
	}
}

func TestBreakerProbesOncePerSecond(t *testing.T) {
	clock := newHandClock()
	b := &breaker{clock: clock}
	for range breakerWindow {
		b.record(normal, true)
	}
	if b.allow() != refused {
		t.Error("a call was allowed in the first second")
	}
	clock.advance(time.Second)
	if p := b.allow(); p != probing {
		t.Fatalf("after a second a call gets %v, want probing", p)
	}
	if b.allow() != refused {
		t.Error("a second probe was allowed")
	}
	if b.record(normal, false); !b.isOpen() {
		t.Error("a call from before closed the breaker")
	}
	if b.record(probing, true); !b.isOpen() {
		t.Error("a late probe closed the breaker")
	}
	if !b.record(probing, false) || b.allow() != normal {
		t.Error("a probe in time did not close the breaker")
	}
}
