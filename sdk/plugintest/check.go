package plugintest

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"sync"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
)

// wantErr fails unless errors.Is finds want in err.
func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: got error %v, want %q", what, err, want)
	}
}

// wantNil fails on an error.
func wantNil(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// wantSame fails unless got is want.
func wantSame[V comparable](t *testing.T, what string, got, want V) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// wantKnown fails on an error that is not one of the contract's; after the
// end of a context that context's error is known too.
func wantKnown(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return
	}
	for _, known := range contractErrors() {
		if errors.Is(err, known) {
			return
		}
	}
	t.Fatalf("%s: the error is none of the contract's: %v", what, err)
}

func contractErrors() []error {
	return []error{
		contract.ErrNotFound, contract.ErrConflict, contract.ErrInvalid, contract.ErrUnsupported,
		contract.ErrOverloaded, contract.ErrUnavailable, contract.ErrTimeout, contract.ErrAuth,
		contract.ErrInternal, contract.ErrGone, contract.ErrClosed, contract.ErrFenced,
	}
}

// unique returns a name that no other case and no other run uses.
func unique(prefix string) string { return prefix + rand.Text()[:12] }

// noise returns n bytes which look random and are the same for the same seed.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	b := make([]byte, n)
	_, _ = mathrand.NewChaCha8(key).Read(b)
	return b
}

// crowd calls f in n goroutines that begin together, and waits for all.
func crowd(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-gate
			f(i)
		})
	}
	ready.Wait()
	close(gate)
	done.Wait()
}
