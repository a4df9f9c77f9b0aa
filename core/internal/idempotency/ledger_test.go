package idempotency

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// away is a cache that cannot be reached while it is told so.
type away struct {
	contract.Cache
	is atomic.Bool
}

func (a *away) Set(ctx context.Context, key string, value []byte, o contract.SetOptions) (bool, error) {
	if a.is.Load() {
		return false, contract.ErrUnavailable
	}
	return a.Cache.Set(ctx, key, value, o)
}

func begin(t *testing.T, l *Ledger, body string) *Claim {
	t.Helper()
	c, answer, err := l.Begin(t.Context(), "k", []byte(body))
	if c == nil || err != nil {
		t.Fatalf("no claim: %q, %v", answer, err)
	}
	return c
}

func want(t *testing.T, l *Ledger, body, answer string, err error) {
	t.Helper()
	c, got, gotErr := l.Begin(t.Context(), "k", []byte(body))
	if c != nil || string(got) != answer || !errors.Is(gotErr, err) {
		t.Errorf("got %v %q %v, want %q %v", c, got, gotErr, answer, err)
	}
}

func ledgers() map[string]*Ledger {
	return map[string]*Ledger{
		"cache": New(newTable(100, 1<<20), time.Minute),
		"local": New(nil, time.Minute),
	}
}

func TestARepetitionGetsTheFirstAnswer(t *testing.T) {
	for name, l := range ledgers() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin(t, l, "body").Commit(t.Context(), []byte(`{"x":1}`))
				want(t, l, "body", `{"x":1}`, nil)
				want(t, l, "other", "", ErrConflict)
				time.Sleep(time.Minute)
				begin(t, l, "other").Release(t.Context())
				begin(t, l, "third")
			})
		})
	}
}

func TestARequestUnderWayIsWaitedFor(t *testing.T) {
	for name, l := range ledgers() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := begin(t, l, "body")
				want(t, l, "other", "", ErrConflict)
				began := time.Now()
				want(t, l, "body", "", ErrBusy)
				if took := time.Since(began); took > wait || took < wait-2*look {
					t.Errorf("waited %v", took)
				}
				go func() {
					time.Sleep(100 * time.Millisecond)
					c.Commit(context.Background(), []byte("late"))
				}()
				want(t, l, "body", "late", nil)
			})
		})
	}
}

func TestTheKeyOfADeadNodeIsFreeAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(newTable(100, 1<<20), time.Minute)
		begin(t, l, "body")
		time.Sleep(working)
		begin(t, l, "body")
	})
}

func TestWhileTheCacheIsAwayTheNodeRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := &away{Cache: newTable(100, 1<<20)}
		l := New(cache, time.Minute)
		cache.is.Store(true)
		c := begin(t, l, "body")
		cache.is.Store(false)
		c.Commit(t.Context(), []byte("a"))
		want(t, l, "body", "a", nil)
	})
}

func TestOneOfManyWorks(t *testing.T) {
	for name, l := range ledgers() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var claims atomic.Int32
				var wg sync.WaitGroup
				for range 50 {
					wg.Go(func() {
						c, answer, err := l.Begin(t.Context(), "k", []byte("body"))
						if c != nil {
							claims.Add(1)
							time.Sleep(10 * time.Millisecond)
							c.Commit(t.Context(), []byte("a"))
						} else if err != nil || string(answer) != "a" {
							t.Errorf("%q, %v", answer, err)
						}
					})
				}
				wg.Wait()
				if claims.Load() != 1 {
					t.Errorf("%d worked", claims.Load())
				}
			})
		})
	}
}

func TestTheTableIsBounded(t *testing.T) {
	ctx := context.Background()
	tab := newTable(10, 1000)
	for i := range 100 {
		_, _ = tab.Set(ctx, fmt.Sprint(i), make([]byte, 50), contract.SetOptions{TTL: time.Hour})
	}
	if len(tab.entries) != 10 || tab.order.Len() != 10 || !tab.has("99") || tab.has("89") {
		t.Errorf("%d entries", len(tab.entries))
	}
	_, _ = tab.Set(ctx, "big", make([]byte, 990), contract.SetOptions{TTL: time.Hour})
	if tab.bytes > 1000 || !tab.has("big") {
		t.Errorf("%d bytes", tab.bytes)
	}
}

func TestRubbishUnderTheKeyIsAConflict(t *testing.T) {
	cache := newTable(10, 1000)
	_, _ = cache.Set(t.Context(), "k", []byte("rubbish"), contract.SetOptions{TTL: time.Hour})
	want(t, New(cache, time.Minute), "body", "", ErrConflict)
}
