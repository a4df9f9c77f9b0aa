package apps

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// running is inBubble with Run.
func running(t *testing.T, s *store, opts Options, test func(t *testing.T, r *Registry)) {
	t.Helper()
	inBubble(t, s, opts, func(t *testing.T, r *Registry) {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { r.Run(ctx) })
		defer wg.Wait()
		defer cancel()
		synctest.Wait()
		test(t, r)
	})
}

// listen collects the revisions that listeners of h are told.
func listen(h *Handle) (told chan uint64, cancel func()) {
	told = make(chan uint64, 100)
	return told, h.OnChange(func(app *App) { told <- app.Record.Revision })
}

func checkTold(t *testing.T, told chan uint64, want ...uint64) {
	t.Helper()
	synctest.Wait()
	for _, w := range want {
		select {
		case got := <-told:
			if got != w {
				t.Errorf("told %d, want %d", got, w)
			}
		default:
			t.Errorf("not told %d", w)
		}
	}
	if len(told) > 0 {
		t.Errorf("told too much: %d", <-told)
	}
}

func TestWatchedChangeArrivesAtOnce(t *testing.T) {
	s := newStore(anApp("a", 1))
	running(t, s, Options{}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByKey, "key-a")
		told, cancel := listen(h)
		next := anApp("a", 2)
		next.Enabled = false
		s.put(next)
		s.changes <- contract.AppChange{ID: "a", Revision: 2}
		checkTold(t, told, 2)
		if h.Load().Usable() {
			t.Error("still usable")
		}
		s.questions()
		s.changes <- contract.AppChange{ID: "a", Revision: 2}
		s.changes <- contract.AppChange{ID: "not held", Revision: 2}
		checkTold(t, told)
		s.checkQuestions(t, 0)
		cancel()
		s.put(anApp("a", 3))
		s.changes <- contract.AppChange{ID: "a", Revision: 3}
		checkTold(t, told)
		mustFind(t, r.ByKey, "key-a")
		synctest.Wait()
		if got := h.Load().Record.Revision; got != 3 {
			t.Errorf("revision %d without a listener", got)
		}
	})
}

func TestWatchedDeletionTellsListeners(t *testing.T) {
	s := newStore(anApp("a", 1))
	running(t, s, Options{}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByKey, "key-a")
		var gone bool
		var cancel func()
		cancel = h.OnChange(func(app *App) { gone = app.Gone; cancel() })
		s.set(func() { delete(s.apps, "a") })
		s.changes <- contract.AppChange{ID: "a", Deleted: true}
		synctest.Wait()
		if !gone {
			t.Error("not told")
		}
	})
}

func TestChangeDuringAQuestionIsNotMissed(t *testing.T) {
	s := newStore(anApp("a", 1))
	running(t, s, Options{SoftTTL: time.Minute}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByKey, "key-a")
		told, cancel := listen(h)
		defer cancel()
		s.set(func() { s.delay = time.Second })
		time.Sleep(time.Minute)
		mustFind(t, r.ByKey, "key-a") // begins a question that reads revision 1
		synctest.Wait()
		s.put(anApp("a", 2))
		s.changes <- contract.AppChange{ID: "a", Revision: 2}
		time.Sleep(3 * time.Second)
		checkTold(t, told, 2)
	})
}

func TestMissedChangesMakeEverythingDue(t *testing.T) {
	s := newStore(anApp("a", 1), anApp("b", 1))
	running(t, s, Options{}, func(t *testing.T, r *Registry) {
		told, cancel := listen(mustFind(t, r.ByID, "a"))
		defer cancel()
		b := mustFind(t, r.ByID, "b")
		mustFail(t, r.ByID, "c", ErrUnknown)
		s.put(anApp("a", 2))
		s.put(anApp("b", 2))
		s.put(anApp("c", 1))
		s.changes <- contract.AppChange{}
		checkTold(t, told, 2)
		mustFind(t, r.ByID, "c")
		mustFind(t, r.ByID, "b")
		synctest.Wait()
		if got := b.Load().Record.Revision; got != 2 {
			t.Errorf("revision %d", got)
		}
	})
}

func TestWatchIsTriedAgain(t *testing.T) {
	s := newStore(anApp("a", 1))
	s.watchErr = contract.ErrUnavailable
	running(t, s, Options{}, func(t *testing.T, r *Registry) {
		told, cancel := listen(mustFind(t, r.ByID, "a"))
		defer cancel()
		s.put(anApp("a", 2))
		s.set(func() { s.watchErr = nil })
		time.Sleep(time.Second)
		checkTold(t, told, 2)
		if s.watches != 2 {
			t.Errorf("%d watches", s.watches)
		}
	})
}

func TestStoreWithoutWatchIsNotAskedForIt(t *testing.T) {
	s := newStore(anApp("a", 1))
	s.watchErr = contract.ErrUnsupported
	running(t, s, Options{}, func(t *testing.T, r *Registry) {
		time.Sleep(time.Hour)
		if s.watches != 1 {
			t.Errorf("%d watches", s.watches)
		}
	})
}

func TestListenersAreToldWithoutAnyLookUp(t *testing.T) {
	s := newStore(anApp("a", 1))
	s.watchErr = contract.ErrUnsupported
	running(t, s, Options{SoftTTL: time.Minute, HardTTL: time.Hour}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByID, "a")
		told, cancel := listen(h)
		s.put(anApp("a", 2))
		time.Sleep(2 * time.Minute)
		checkTold(t, told, 2)
		s.set(func() { s.err = contract.ErrUnavailable })
		time.Sleep(3 * time.Hour)
		checkTold(t, told)
		if r.Len() != 1 || h.Load().Record.Revision != 2 {
			t.Error("a handle with listeners was dropped")
		}
		cancel()
	})
}

func TestUnusedAppsAreDropped(t *testing.T) {
	s := newStore(anApp("a", 1), anApp("b", 1))
	running(t, s, Options{SoftTTL: time.Minute, HardTTL: time.Hour}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByID, "a")
		mustFind(t, r.ByID, "b")
		for range 70 {
			time.Sleep(time.Minute)
			mustFind(t, r.ByKey, "key-b")
		}
		if r.Len() != 1 {
			t.Errorf("%d apps are held", r.Len())
		}
		synctest.Wait()
		s.questions()
		mustFind(t, r.ByKey, "key-a")
		s.checkQuestions(t, 1)
	})
}
