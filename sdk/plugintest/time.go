package plugintest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// pace is how time passes in a case: on a clock of the driver's own, in a
// synctest bubble, or, with neither, for real.
type pace struct {
	advance func(time.Duration)
	bubble  bool
	serial  bool // cases in real time run one after the other
}

// simulated is whether time moves only when the case says so.
func (p pace) simulated() bool { return p.bubble || p.advance != nil }

// pass lets d go by. In real time it returns at once: there a case waits on a
// condition instead.
func (p pace) pass(d time.Duration) {
	switch {
	case p.advance != nil:
		p.advance(d)
	case p.bubble:
		<-time.After(d)
		synctest.Wait()
	}
}

// short is a moment in which what is ready would have shown itself.
func (p pace) short() time.Duration {
	if p.bubble {
		return time.Millisecond
	}
	return 40 * time.Millisecond
}

// after lets d go by and then expects cond: at once in simulated time, within
// the suite's patience in real time.
func (b *bench) after(d time.Duration, what string, cond func() bool) {
	b.Helper()
	if b.simulated() {
		b.pass(d)
		if !cond() {
			b.Fatalf("after %v: not seen: %s", d, what)
		}
		return
	}
	b.until(what, cond)
}

// until waits for cond.
func (b *bench) until(what string, cond func() bool) {
	b.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !cond(); <-tick.C {
		if time.Now().After(deadline) {
			b.Fatalf("after %v: not seen: %s", patience, what)
		}
	}
}

// promptly calls f, which must return while ctx is over or nothing is in its way.
func promptly(t *testing.T, what string, f func() error) error {
	t.Helper()
	back := make(chan error, 1)
	go func() { back <- f() }()
	select {
	case err := <-back:
		return err
	case <-time.After(patience):
		t.Fatalf("%s did not return within %v", what, patience)
		return nil
	}
}

// over returns a context that has ended.
func over(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
