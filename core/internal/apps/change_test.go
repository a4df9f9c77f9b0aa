package apps

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestAToldChangeIsAskedAtOnce(t *testing.T) {
	s := newStore(anApp("a", 1), anApp("b", 1))
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		a, b := mustFind(t, r.ByKey, "key-a"), mustFind(t, r.ByKey, "key-b")
		s.put(anApp("a", 2))
		s.set(func() { delete(s.apps, "b") })
		r.Changed(contract.AppChange{ID: "a", Revision: 2})
		r.Changed(contract.AppChange{ID: "b", Deleted: true})
		synctest.Wait()
		if got := a.Load().Record.Revision; got != 2 || !b.Load().Gone {
			t.Errorf("revision %d, gone %v", got, b.Load().Gone)
		}
		s.questions()
		r.Changed(contract.AppChange{ID: "a", Revision: 1}) // old news
		synctest.Wait()
		s.checkQuestions(t, 0)
	})
}

func TestManyToldChangesAreAllAskedForInTheEnd(t *testing.T) {
	const n = 5 * refreshers
	s := newStore()
	for i := range n {
		s.put(anApp(string(rune('A'+i)), 1))
	}
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { r.Run(ctx) })
		var handles []*Handle
		for i := range n {
			handles = append(handles, mustFind(t, r.ByID, string(rune('A'+i))))
		}
		s.set(func() { s.delay = 100 * time.Millisecond })
		for i := range n {
			s.put(anApp(string(rune('A'+i)), 2))
			r.Changed(contract.AppChange{ID: string(rune('A' + i)), Revision: 2})
		}
		time.Sleep(time.Second)
		for _, h := range handles {
			if app := h.Load(); app.Record.Revision != 2 {
				t.Errorf("app %s is at revision %d", app.Record.ID, app.Record.Revision)
			}
		}
		cancel()
		wg.Wait()
	})
}

// A row that was read before a change was told, and arrives after it, must not
// stand for the whole TTL.
func TestAChangeDuringAColdLookUp(t *testing.T) {
	s := newStore(anApp("a", 1))
	s.delay = time.Second
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		var h *Handle
		var wg sync.WaitGroup
		wg.Go(func() { h = mustFind(t, r.ByKey, "key-a") })
		synctest.Wait()
		s.put(anApp("a", 2))
		r.Changed(contract.AppChange{ID: "a", Revision: 2})
		wg.Wait()
		time.Sleep(2 * time.Second)
		if got := h.Load().Record.Revision; got != 2 {
			t.Errorf("revision %d", got)
		}
	})
}

func TestACreationDuringALookUpIsNotAbsent(t *testing.T) {
	s := newStore()
	s.delay = time.Second
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		var wg sync.WaitGroup
		wg.Go(func() { mustFail(t, r.ByKey, "key-a", ErrUnknown) })
		synctest.Wait()
		s.put(anApp("a", 1))
		r.Changed(contract.AppChange{ID: "a", Revision: 1})
		wg.Wait()
		mustFind(t, r.ByKey, "key-a")
	})
}

func TestLocalChangesHoldAtOnceAndAreTold(t *testing.T) {
	s := newStore(anApp("a", 1))
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		var told []contract.AppChange
		r.OnLocalChange(func(c contract.AppChange) { told = append(told, c) })
		a := mustFind(t, r.ByKey, "key-a")
		heard := 0
		defer a.OnChange(func(*App) { heard++ })()
		mustFail(t, r.ByKey, "key-b", ErrUnknown)

		next, b, old := anApp("a", 3), anApp("b", 1), anApp("a", 2)
		next.Enabled = false
		r.Learn(&next)
		r.Learn(&old)
		r.Learn(&b)
		if a.Load().Usable() || mustFind(t, r.ByKey, "key-b").Load().Record != &b {
			t.Error("a change of this node does not hold here")
		}
		r.Lose("a")
		if !a.Load().Gone || heard != 2 {
			t.Errorf("gone %v, heard of %d changes", a.Load().Gone, heard)
		}
		r.Lose("never held")
		want := []contract.AppChange{
			{ID: "a", Revision: 3},
			{ID: "a", Revision: 2},
			{ID: "b", Revision: 1},
			{ID: "a", Deleted: true},
			{ID: "never held", Deleted: true},
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Error(diff)
		}
	})
}

func TestACompleteRegistryIgnoresChanges(t *testing.T) {
	r := New(Options{Complete: true})
	app := anApp("a", 0)
	r.Replace([]*contract.App{&app})
	r.Changed(contract.AppChange{})
	r.Changed(contract.AppChange{ID: "a", Deleted: true})
	mustFind(t, r.ByKey, "key-a")
}

func TestDefaultsChangeForAllThatAreHeld(t *testing.T) {
	most := uint32(3)
	own := anApp("own", 0)
	own.Limits.MaxEventBatchSize = &most
	plain := anApp("plain", 0)
	r := New(Options{Complete: true, Defaults: Limits{BatchSize: 10}})
	r.Replace([]*contract.App{&own, &plain})
	heard := 0
	defer r.Held("plain").OnChange(func(*App) { heard++ })()
	r.SetDefaults(Limits{BatchSize: 20})
	if a, b := r.Held("own").Load().Limits.BatchSize, r.Held("plain").Load().Limits.BatchSize; a != 3 || b != 20 || heard != 1 {
		t.Errorf("limits %d and %d, heard %d times", a, b, heard)
	}
}

// An app that is deleted and added again with the same id is another app, even if
// its revisions begin anew.
func TestAnAppThatIsAddedAnew(t *testing.T) {
	s := newStore(anApp("a", 7))
	inBubble(t, s, Options{SoftTTL: time.Minute}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByID, "a")
		s.put(anApp("a", 1))
		r.Changed(contract.AppChange{ID: "a", Deleted: true})
		synctest.Wait()
		if got := h.Load().Record.Revision; got != 1 {
			t.Errorf("told of the deletion: revision %d", got)
		}
		s.put(anApp("a", 9))
		r.Changed(contract.AppChange{ID: "a", Revision: 9})
		synctest.Wait()
		s.put(anApp("a", 2)) // nobody tells
		for refreshes := 1; h.Load().Record.Revision != 2; refreshes++ {
			if refreshes > 3 {
				t.Fatalf("the store insists in vain: revision %d", h.Load().Record.Revision)
			}
			time.Sleep(time.Minute)
			mustFind(t, r.ByID, "a")
			synctest.Wait()
		}
	})
}

// A replica that lags behind a moment is not believed, one that does so for long is.
func TestAStoreThatLagsBehind(t *testing.T) {
	s := newStore(anApp("a", 1), anApp("b", 1))
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		a, b := mustFind(t, r.ByID, "a"), mustFind(t, r.ByID, "b")
		r.Changed(contract.AppChange{ID: "a", Revision: 2})
		r.Changed(contract.AppChange{ID: "b", Deleted: true})
		time.Sleep(700 * time.Millisecond)
		s.put(anApp("a", 2))
		s.set(func() { delete(s.apps, "b") })
		time.Sleep(time.Second)
		if got := a.Load().Record.Revision; got != 2 || !b.Load().Gone {
			t.Errorf("revision %d, gone %v", got, b.Load().Gone)
		}
		s.questions()
		r.Changed(contract.AppChange{ID: "a", Revision: 9}) // which never comes
		time.Sleep(time.Minute)
		s.checkQuestions(t, refreshTries)
		mustFind(t, r.ByID, "a")
		s.checkQuestions(t, 0)
	})
}

func TestCloseDoesNotWaitForAStoreThatLagsBehind(t *testing.T) {
	s := newStore(anApp("a", 1))
	inBubble(t, s, Options{}, func(t *testing.T, r *Registry) {
		mustFind(t, r.ByID, "a")
		r.Changed(contract.AppChange{ID: "a", Revision: 9})
		synctest.Wait()
		began := time.Now()
		r.Close()
		if took := time.Since(began); took != 0 {
			t.Errorf("it waited %v", took)
		}
	})
}

// A store that is asked at every look-up and answers from a replica that lags
// behind does not undo a change of this node.
func TestALaggingReplicaDoesNotUndoALocalChange(t *testing.T) {
	s := newStore(anApp("a", 1))
	inBubble(t, s, Options{AlwaysAsk: true}, func(t *testing.T, r *Registry) {
		h := mustFind(t, r.ByID, "a")
		next := anApp("a", 2)
		r.Learn(&next)
		for range 10 {
			mustFind(t, r.ByID, "a")
		}
		if got := h.Load().Record.Revision; got != 2 {
			t.Errorf("revision %d", got)
		}
	})
}
