package apps

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// guess asks for n keys that do not exist and returns how many were refused.
func guess(t *testing.T, r *Registry, round, n int) (refused int) {
	t.Helper()
	for i := range n {
		_, err := r.ByKey(t.Context(), fmt.Sprintf("guess-%d-%d", round, i))
		switch {
		case errors.Is(err, ErrUnavailable):
			refused++
		case !errors.Is(err, ErrUnknown):
			t.Fatalf("got %v", err)
		}
	}
	return refused
}

func TestGuessingKeysDoesNotReachTheStore(t *testing.T) {
	s := newStore(anApp("a", 1), anApp("b", 1))
	inBubble(t, s, Options{MissesPerSecond: 10, SoftTTL: time.Hour}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByKey, "key-a")
		s.questions()
		if refused := guess(t, r, 0, 500); refused != 490 {
			t.Errorf("%d guesses were refused", refused)
		}
		s.checkQuestions(t, 10)
		mustFind(t, r.ByKey, "key-a") // held apps do not notice
		mustFail(t, r.ByKey, "key-b", ErrUnavailable)
		time.Sleep(time.Second)
		mustFind(t, r.ByKey, "key-b") // found apps use nothing up
		s.questions()
		guess(t, r, 1, 500)
		s.checkQuestions(t, 10)
	})
}

// Guesses that pass together are all paid for.
func TestManyGuessersAtOnce(t *testing.T) {
	s := newStore()
	s.delay = 5 * time.Millisecond
	inBubble(t, s, Options{MissesPerSecond: 10}, func(t *testing.T, r *Registry) {
		var wg sync.WaitGroup
		for worker := range 16 {
			wg.Go(func() {
				for i := range 1000 {
					guess(t, r, 16*i+worker, 1)
					time.Sleep(time.Millisecond)
				}
			})
		}
		began := time.Now()
		wg.Wait()
		took := time.Since(began)
		if asked, most := s.questions(), 10*int(took/time.Second+1)+10+16; asked > most {
			t.Errorf("the store was asked %d times in %v, at most %d may be", asked, took, most)
		}
	})
}

func TestAppsThatExistAreNotLimited(t *testing.T) {
	const n = 500
	s := newStore()
	for i := range n {
		s.put(anApp(fmt.Sprint(i), 1))
	}
	s.delay = 10 * time.Millisecond
	inBubble(t, s, Options{MissesPerSecond: 1}, func(t *testing.T, r *Registry) {
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { mustFind(t, r.ByID, fmt.Sprint(i)) })
		}
		wg.Wait()
		s.checkQuestions(t, n)
	})
}

func TestLookUpsThatWaitAreBounded(t *testing.T) {
	s := newStore()
	s.delay = time.Hour
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		var wg sync.WaitGroup
		for i := range guardAtWork + guardWaiting {
			wg.Go(func() { mustFail(t, r.ByID, fmt.Sprint(i), ErrUnavailable) })
		}
		synctest.Wait()
		began := time.Now()
		mustFail(t, r.ByID, "one more", ErrUnavailable)
		if waited := time.Since(began); waited != 0 {
			t.Errorf("waited %v", waited)
		}
		s.checkQuestions(t, guardAtWork)
		wg.Wait()
	})
}

func TestSamples(t *testing.T) {
	s := newStore(anApp("a", 1))
	inBubble(t, s, Options{MissesPerSecond: 1}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByID, "a")
		s.set(func() { s.err = contract.ErrUnavailable })
		mustFail(t, r.ByID, "b", ErrUnavailable)
		s.set(func() { s.err = nil })
		guess(t, r, 0, 2)
		want := map[string]float64{
			"apps_held": 1, "app_lookups_refused_total": 1,
			"app_store_calls_total found": 1, "app_store_calls_total absent": 1, "app_store_calls_total error": 1,
		}
		for _, got := range r.Samples(context.Background()) {
			name := got.Name
			if result := got.Labels["result"]; result != "" {
				name += " " + result
			}
			if want[name] != got.Value {
				t.Errorf("%s is %v, want %v", name, got.Value, want[name])
			}
		}
	})
}
