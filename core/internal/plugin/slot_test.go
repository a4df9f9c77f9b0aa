package plugin

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
)

// fakeSlot is a slot whose backends are the functions that answer.
type answer func() (int, error)

func fakeSlot(clock Clock) *slot[answer] {
	o := Options{Clock: clock}
	o.setDefaults()
	return newSlot(contract.KindCache, "fake", cacheTimeout, &o,
		func(grpc.ClientConnInterface, []contract.Capability) (answer, func() error) { return nil, nil })
}

// fill makes f answer in the slot.
func fill(s *slot[answer], f answer) *process {
	p := newProcess()
	s.swap(&backend[answer]{client: f, close: func() error { return nil }, process: p})
	return p
}

func ask(ctx context.Context, s *slot[answer], m method) (int, error) {
	return do(ctx, s, m, func(_ context.Context, f answer) (int, error) { return f() })
}

func TestEmptySlotFailsAtOnce(t *testing.T) {
	s := fakeSlot(newHandClock())
	if _, err := ask(t.Context(), s, method{}); !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestGoneOperationIsRepeatedAtTheSuccessor(t *testing.T) {
	tests := []struct {
		name       string
		repeatable bool
		successor  bool
		want       error
	}{
		{"repeatable", true, true, nil},
		{"not repeatable", false, true, contract.ErrGone},
		{"no successor in time", true, false, contract.ErrGone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := fakeSlot(nil)
				fill(s, func() (int, error) {
					if tt.successor {
						time.AfterFunc(cacheTimeout/2, func() { fill(s, func() (int, error) { return 7, nil }) })
					}
					return 0, contract.ErrGone
				})
				got, err := ask(t.Context(), s, method{repeatable: tt.repeatable})
				if !errors.Is(err, tt.want) || (err == nil && got != 7) {
					t.Errorf("got %d, %v", got, err)
				}
				time.Sleep(cacheTimeout) // fake time: lets the timer end
			})
		})
	}
}

func TestClosedClientOfAReplacedBackendIsGone(t *testing.T) {
	s := fakeSlot(newHandClock())
	fill(s, func() (int, error) {
		s.swap(nil)
		return 0, contract.ErrClosed
	})
	if _, err := ask(t.Context(), s, method{}); !errors.Is(err, contract.ErrGone) {
		t.Errorf("got %v", err)
	}
}

func TestLateOperationsRaiseSuspicionAndOpenTheBreaker(t *testing.T) {
	clock := newHandClock()
	s := fakeSlot(clock)
	late := true
	p := fill(s, func() (int, error) {
		if late {
			clock.advance(cacheTimeout)
			return 0, contract.ErrTimeout
		}
		return 1, nil
	})
	for range missesToSuspect {
		_, _ = ask(t.Context(), s, method{})
	}
	select {
	case <-p.doubts:
	default:
		t.Error("no suspicion")
	}
	for !s.slow() {
		_, _ = ask(t.Context(), s, method{})
	}
	late = false
	if _, err := ask(t.Context(), s, method{}); !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("behind an open breaker: %v", err)
	}
	clock.advance(time.Second)
	if _, err := ask(t.Context(), s, method{}); err != nil || s.slow() {
		t.Errorf("the probe: %v, slow %t", err, s.slow())
	}
}

func TestImpatientCallersSayNothing(t *testing.T) {
	clock := newHandClock()
	s := fakeSlot(clock)
	p := fill(s, func() (int, error) { return 0, contract.ErrTimeout })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 * breakerWindow {
		_, _ = ask(ctx, s, method{})
	}
	select {
	case <-p.doubts:
		t.Error("suspicion")
	default:
	}
	if s.slow() {
		t.Error("the breaker opened")
	}
}

func TestEndedSlotReleasesWhoWaits(t *testing.T) {
	s := fakeSlot(newHandClock())
	done := make(chan error)
	go func() {
		_, err := s.after(context.Background(), nil)
		done <- err
	}()
	s.end()
	if err := <-done; !errors.Is(err, contract.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
