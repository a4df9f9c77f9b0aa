package watchlist

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// ear keeps what a watcher was told.
type ear struct {
	mu    sync.Mutex
	heard []string
}

func (e *ear) send(online, offline []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, fmt.Sprint(online, offline))
}

func (e *ear) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	heard := e.heard
	e.heard = nil
	return heard
}

func expect(t *testing.T, e *ear, want ...string) {
	t.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, e.take()); diff != "" {
		t.Error(diff)
	}
}

func TestWatchersHearOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table, e := New(), &ear{}
		table.SignedIn("app", "ann")
		table.SignedIn("other", "ben")
		w := table.Watch("app", []string{"ann", "ben", "cat"}, e.send)
		expect(t, e, "[ann] [ben cat]")

		table.SignedIn("app", "ben")
		table.SignedIn("app", "cat")
		expect(t, e)
		time.Sleep(gather)
		expect(t, e, "[ben cat] []")

		table.SignedOut("app", "ben")
		time.Sleep(2 * time.Second)
		table.SignedIn("app", "ben") // back in time
		table.SignedOut("app", "ann")
		time.Sleep(grace)
		expect(t, e)
		time.Sleep(gather)
		expect(t, e, "[] [ann]")

		w.Close()
		table.SignedOut("app", "ben")
		table.SignedOut("app", "cat")
		table.SignedOut("other", "ben")
		time.Sleep(time.Minute)
		expect(t, e)
		if table.Len() != 0 {
			t.Errorf("%d users are remembered", table.Len())
		}
	})
}

func TestAnEmptyWatchlistHearsNothing(t *testing.T) {
	e := &ear{}
	New().Watch("app", nil, e.send).Close()
	if len(e.take()) != 0 {
		t.Error("told of nobody")
	}
}

// step is a change of a user, or a wait.
type step struct {
	user string
	wait time.Duration
}

var steps = rapid.SliceOf(rapid.Custom(func(t *rapid.T) step {
	if rapid.Bool().Draw(t, "wait") {
		return step{wait: time.Duration(rapid.IntRange(1, 4000).Draw(t, "ms")) * time.Millisecond}
	}
	return step{user: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "user")}
}))

// Whatever happens, a watcher that waits long enough knows who is online, and is
// never told what it knows.
func TestWatchersKnowTheTruth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		schedule := steps.Draw(rt, "steps")
		synctest.Test(t, func(t *testing.T) { follow(t, schedule) })
	})
}

func follow(t *testing.T, schedule []step) {
	table, online, known := New(), map[string]bool{}, map[string]bool{}
	begun := false
	learn := func(ids []string, is bool) {
		for _, id := range ids {
			if begun && known[id] == is {
				t.Errorf("told twice that %s is online: %v; %v", id, is, schedule)
			}
			known[id] = is
		}
	}
	w := table.Watch("app", []string{"a", "b", "c"}, func(on, off []string) { learn(on, true); learn(off, false) })
	begun = true
	for _, s := range schedule {
		switch {
		case s.user == "":
			time.Sleep(s.wait)
		case online[s.user]:
			table.SignedOut("app", s.user)
			online[s.user] = false
		default:
			table.SignedIn("app", s.user)
			online[s.user] = true
		}
	}
	time.Sleep(grace + gather)
	synctest.Wait()
	for _, id := range []string{"a", "b", "c"} {
		if known[id] != online[id] {
			t.Errorf("%s is online: %v; %v", id, online[id], schedule)
		}
	}
	w.Close()
	table.Stop()
}

// The grace time of a departure is over in the moment in which its user comes
// back; he leaves again before the table takes note.
func TestAnOldDepartureEndsNoNewGraceTime(t *testing.T) {
	table := New()
	defer table.Stop()
	key := userKey{"app", "ann"}
	for range 2 {
		table.SignedIn(key.app, key.id)
		table.SignedOut(key.app, key.id)
	}
	table.left(key, 1)
	if !table.users[key].online {
		t.Error("offline at once")
	}
	table.left(key, 2)
	if table.Len() != 0 {
		t.Error("still online")
	}
}
