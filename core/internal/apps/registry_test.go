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

// inBubble runs a test on simulated time with a registry in front of s.
func inBubble(t *testing.T, s *store, opts Options, test func(t *testing.T, r *Registry)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s.changes = make(chan contract.AppChange, 10)
		opts.Manager = s
		r := New(opts)
		defer r.Close()
		test(t, r)
	})
}

func mustFind(t *testing.T, find func(context.Context, string) (*Handle, error), name string) *Handle {
	t.Helper()
	h, err := find(t.Context(), name)
	if err != nil {
		t.Fatalf("find %q: %v", name, err)
	}
	return h
}

func mustFail(t *testing.T, find func(context.Context, string) (*Handle, error), name string, want error) {
	t.Helper()
	if _, err := find(t.Context(), name); !errors.Is(err, want) {
		t.Errorf("find %q: %v, want %v", name, err, want)
	}
}

func TestOneHandlePerApp(t *testing.T) {
	s := newStore(anApp("a", 1))
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByKey, "key-a")
		if other := mustFind(t, r.ByID, "a"); other != h {
			t.Error("another handle by id")
		}
		if app := h.Load(); app.Record.ID != "a" || len(app.Signers) != 1 || !app.Usable() {
			t.Errorf("got %+v", app)
		}
		s.checkQuestions(t, 1)
		if r.Len() != 1 {
			t.Errorf("%d apps are held", r.Len())
		}
	})
}

func TestManyCallersAskOnce(t *testing.T) {
	s := newStore(anApp("a", 1))
	s.delay = time.Second
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { mustFind(t, r.ByKey, "key-a") })
		}
		wg.Wait()
		s.checkQuestions(t, 1)
	})
}

func TestCallerWhoGivesUp(t *testing.T) {
	s := newStore(anApp("a", 1))
	s.delay = time.Second
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := r.ByKey(ctx, "key-a"); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		mustFind(t, r.ByKey, "key-a")
		s.checkQuestions(t, 1)
	})
}

func TestSoftTTLRefreshesInTheBackground(t *testing.T) {
	s := newStore(anApp("a", 1))
	inBubble(t, s, Options{SoftTTL: time.Minute}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByKey, "key-a")
		s.put(anApp("a", 2))
		s.set(func() { s.delay = time.Second })
		time.Sleep(59 * time.Second)
		mustFind(t, r.ByKey, "key-a")
		s.checkQuestions(t, 1)
		time.Sleep(time.Second)
		for range 10 {
			if got := mustFind(t, r.ByKey, "key-a").Load().Record.Revision; got != 1 {
				t.Errorf("revision %d before the store has answered", got)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := h.Load().Record.Revision; got != 2 {
			t.Errorf("revision %d afterwards", got)
		}
		s.checkQuestions(t, 1)
	})
}

func TestStoreThatIsAway(t *testing.T) {
	s := newStore(anApp("a", 1), anApp("b", 1))
	inBubble(t, s, Options{SoftTTL: time.Minute, HardTTL: time.Hour}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByKey, "key-a")
		s.set(func() { s.err = contract.ErrUnavailable })
		mustFail(t, r.ByKey, "key-b", ErrUnavailable)
		mustFail(t, r.ByKey, "no such key", ErrUnavailable)
		time.Sleep(time.Hour - time.Second)
		mustFind(t, r.ByKey, "key-a")
		time.Sleep(2 * time.Second)
		mustFail(t, r.ByKey, "key-a", ErrUnavailable)
		s.set(func() { s.err = nil })
		mustFind(t, r.ByKey, "key-a")
		mustFind(t, r.ByKey, "key-b")
		mustFail(t, r.ByKey, "no such key", ErrUnknown)
	})
}

func TestStoreThatIsAwayIsAskedSeldom(t *testing.T) {
	s := newStore(anApp("a", 1))
	inBubble(t, s, Options{SoftTTL: time.Minute}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByKey, "key-a")
		s.set(func() { s.err = contract.ErrUnavailable })
		time.Sleep(time.Minute)
		s.questions()
		for range 100 {
			mustFind(t, r.ByKey, "key-a")
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		s.checkQuestions(t, 2)
	})
}

func TestStoreThatHangs(t *testing.T) {
	s := newStore(anApp("a", 1))
	s.delay = time.Hour
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		began := time.Now()
		mustFail(t, r.ByKey, "key-a", ErrUnavailable)
		if waited := time.Since(began); waited != 2*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestBrokenAppIsNotUnknown(t *testing.T) {
	s := newStore()
	s.err = fmt.Errorf("policy of app a: %w", contract.ErrInvalid)
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		mustFail(t, r.ByID, "a", ErrUnavailable)
	})
}

func TestAbsentAppsAreRemembered(t *testing.T) {
	s := newStore()
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		for range 10 {
			mustFail(t, r.ByKey, "key-a", ErrUnknown)
		}
		s.checkQuestions(t, 1)
		mustFail(t, r.ByID, "key-a", ErrUnknown)
		s.checkQuestions(t, 1)
		s.put(anApp("a", 1))
		time.Sleep(5 * time.Second)
		mustFind(t, r.ByKey, "key-a")
		mustFail(t, r.ByKey, "", ErrUnknown)
		s.checkQuestions(t, 1)
	})
}

func TestFoundByIDIsNoLongerAbsentByKey(t *testing.T) {
	s := newStore()
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		mustFail(t, r.ByKey, "key-a", ErrUnknown)
		s.put(anApp("a", 1))
		mustFind(t, r.ByID, "a")
		mustFind(t, r.ByKey, "key-a")
	})
}

func TestOldRevisionsAreIgnored(t *testing.T) {
	s := newStore(anApp("a", 7))
	inBubble(t, s, Options{SoftTTL: time.Minute}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByKey, "key-a")
		tests := []struct{ offered, want uint64 }{{6, 7}, {7, 7}, {8, 8}, {0, 0}, {5, 5}}
		for _, tt := range tests {
			s.put(anApp("a", tt.offered))
			time.Sleep(time.Minute)
			mustFind(t, r.ByKey, "key-a")
			synctest.Wait()
			if got := h.Load().Record.Revision; got != tt.want {
				t.Errorf("offered %d, holds %d, want %d", tt.offered, got, tt.want)
			}
		}
	})
}

func TestSlowReaderDoesNotBringBackAnOldCopy(t *testing.T) {
	s := newStore(anApp("a", 1))
	s.delay = time.Second
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		var wg sync.WaitGroup
		wg.Go(func() { mustFind(t, r.ByKey, "key-a") })
		synctest.Wait()
		s.put(anApp("a", 2))
		s.set(func() { s.delay = 0 })
		h := mustFind(t, r.ByID, "a")
		wg.Wait()
		if got := h.Load().Record.Revision; got != 2 {
			t.Errorf("revision %d", got)
		}
	})
}

func TestNewKeyReplacesTheOldOne(t *testing.T) {
	s := newStore(anApp("a", 1))
	inBubble(t, s, Options{SoftTTL: time.Minute}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByKey, "key-a")
		next := anApp("a", 2)
		next.Key = "other"
		s.put(next)
		time.Sleep(time.Minute)
		mustFind(t, r.ByID, "a")
		synctest.Wait()
		if mustFind(t, r.ByKey, "other") != h {
			t.Error("another handle under the new key")
		}
		mustFail(t, r.ByKey, "key-a", ErrUnknown)
	})
}

func TestDeletedAppIsGone(t *testing.T) {
	s := newStore(anApp("a", 3))
	inBubble(t, s, Options{SoftTTL: time.Minute}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByKey, "key-a")
		s.set(func() { delete(s.apps, "a") })
		time.Sleep(time.Minute)
		mustFind(t, r.ByKey, "key-a")
		synctest.Wait()
		if app := h.Load(); !app.Gone || app.Usable() {
			t.Errorf("holds %+v", app)
		}
		mustFail(t, r.ByKey, "key-a", ErrUnknown)
		s.put(anApp("a", 1))
		time.Sleep(5 * time.Second)
		if again := mustFind(t, r.ByKey, "key-a"); again == h || again.Load().Gone {
			t.Error("the new app has the handle of the deleted one")
		}
	})
}

func TestAlwaysAsk(t *testing.T) {
	s := newStore(anApp("a", 1))
	inBubble(t, s, Options{AlwaysAsk: true}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByKey, "key-a")
		s.put(anApp("a", 2))
		if mustFind(t, r.ByKey, "key-a") != h || h.Load().Record.Revision != 2 {
			t.Error("the copy was served")
		}
		s.checkQuestions(t, 2)
		s.set(func() { s.err = contract.ErrUnavailable })
		mustFind(t, r.ByKey, "key-a")
		s.set(func() { s.err = nil; delete(s.apps, "a") })
		mustFail(t, r.ByKey, "key-a", ErrUnknown)
	})
}

func TestCompleteRegistryNeverAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Complete: true})
		defer r.Close()
		a, b := anApp("a", 0), anApp("b", 0)
		r.Replace([]*contract.App{&a, &b})
		ha, hb := mustFind(t, r.ByKey, "key-a"), mustFind(t, r.ByID, "b")
		mustFail(t, r.ByKey, "no such key", ErrUnknown)
		time.Sleep(1000 * time.Hour)
		mustFind(t, r.ByKey, "key-a")

		var told []bool
		defer ha.OnChange(func(app *App) { told = append(told, app.Usable()) })()
		defer hb.OnChange(func(app *App) { told = append(told, app.Usable()) })()
		off := anApp("a", 0)
		off.Enabled = false
		r.Replace([]*contract.App{&off})
		if fmt.Sprint(told) != "[false false]" || ha.Load().Gone || !hb.Load().Gone {
			t.Errorf("told %v", told)
		}
		mustFail(t, r.ByID, "b", ErrUnknown)
		r.Replace([]*contract.App{&off, &b})
		if mustFind(t, r.ByKey, "key-b") == hb || len(told) != 2 {
			t.Error("an app that did not change was told, or one that is gone came back")
		}
		r.Run(t.Context())
	})
}

func TestClosedRegistry(t *testing.T) {
	s := newStore(anApp("a", 1))
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByKey, "key-a")
		r.Close()
		mustFind(t, r.ByKey, "key-a")
		mustFail(t, r.ByKey, "key-b", ErrUnavailable)
	})
}

func TestLookUpAllocatesNothing(t *testing.T) {
	r := New(Options{Manager: newStore(anApp("a", 1))})
	defer r.Close()
	mustFind(t, r.ByKey, "key-a")
	ctx := context.Background()
	got := testing.AllocsPerRun(1000, func() {
		h, err := r.ByKey(ctx, "key-a")
		if err != nil || h.Load() == nil {
			t.Fatal(err)
		}
		if _, err := r.ByID(ctx, "a"); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkByKey(b *testing.B) {
	r := New(Options{Manager: newStore(anApp("a", 1))})
	defer r.Close()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := r.ByKey(context.Background(), "key-a"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
