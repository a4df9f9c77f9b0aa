package hub

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

const grace = 2 * time.Second

// view is what a client believes about a presence channel from what it received.
type view struct {
	members map[string]bool
	faults  []string
}

func (v *view) apply(payload string) {
	var e struct{ Event, Data string }
	var data struct {
		UserID   string `json:"user_id"`
		Presence struct{ IDs []string }
	}
	if json.Unmarshal([]byte(payload), &e) != nil || json.Unmarshal([]byte(e.Data), &data) != nil {
		v.faults = append(v.faults, "cannot read "+payload)
		return
	}
	switch e.Event {
	case "pusher_internal:subscription_succeeded":
		v.members = map[string]bool{}
		for _, id := range data.Presence.IDs {
			v.members[id] = true
		}
	case "pusher_internal:member_added":
		if v.members[data.UserID] {
			v.faults = append(v.faults, data.UserID+" was added twice")
		}
		v.members[data.UserID] = true
	case "pusher_internal:member_removed":
		if !v.members[data.UserID] {
			v.faults = append(v.faults, data.UserID+" was removed twice")
		}
		delete(v.members, data.UserID)
	}
}

func (v *view) ids() []string { return slices.Sorted(maps.Keys(v.members)) }

// tab is one connection of a user.
type tab struct {
	user string
	sub  *Subscriber
	rec  *recorder
	in   *Membership
	view view
}

func (b *bench) tab(user string) *tab {
	s, r := b.client("app")
	return &tab{user: user, sub: s, rec: r}
}

func (x *tab) join(t testing.TB) {
	t.Helper()
	m, err := x.sub.Join(kind("presence-room"), &pusher.Member{UserID: x.user, Info: []byte("{}")}, 0)
	if err != nil {
		t.Fatal(err)
	}
	x.in = m
}

func (x *tab) end(broken bool) {
	if broken {
		x.in.Lose()
	} else {
		x.in.Leave()
	}
	x.in = nil
}

func (x *tab) read() {
	for _, payload := range x.rec.take() {
		x.view.apply(payload)
	}
}

func newGraceBench(shards int) *bench {
	b := &bench{now: time.Hour}
	b.Hub = New(Options{Shards: shards, LogBytes: 1 << 20, LogAge: time.Hour, Now: func() time.Duration { return b.now }, Grace: grace})
	return b
}

func TestAMemberWhoseConnectionBrokeIsKeptForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newGraceBench(2)
		watcher, ann, again := b.tab("watcher"), b.tab("ann"), b.tab("ann")
		watcher.join(t)
		ann.join(t)
		expect := func(want ...string) {
			t.Helper()
			synctest.Wait()
			b.work()
			watcher.read()
			if diff := cmp.Diff(want, watcher.view.ids()); diff != "" || len(watcher.view.faults) > 0 {
				t.Error(diff, watcher.view.faults)
			}
			if diff := cmp.Diff(want, slices.Sorted(slices.Values(b.Users("app", "presence-room")))); diff != "" {
				t.Error(diff)
			}
		}
		expect("ann", "watcher")
		ann.end(true)
		time.Sleep(grace - 1)
		expect("ann", "watcher")
		again.join(t)
		time.Sleep(grace)
		expect("ann", "watcher")
		again.end(true)
		time.Sleep(grace)
		expect("watcher")
		again.join(t)
		expect("ann", "watcher")
		again.end(false)
		expect("watcher")
		watcher.end(true)
		if _, occupied := b.Channel("app", "presence-room"); occupied {
			t.Error("occupied by nobody")
		}
		time.Sleep(grace)
		synctest.Wait()
		if c := b.lookUp("app", "presence-room"); c != nil {
			t.Error("the channel is still there")
		}
		b.Stop()
	})
}

// move is one step of a schedule.
type move struct {
	Tab    int
	Broken bool
	Wait   time.Duration
	Work   bool
}

var moves = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) move {
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return move{Work: true, Tab: -1}
	case 1:
		return move{Wait: time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond, Tab: -1}
	default:
		return move{Tab: rapid.IntRange(0, 5).Draw(t, "tab"), Broken: rapid.Bool().Draw(t, "broken")}
	}
}), 0, 60)

// The machine: six tabs of three users join, leave and break off in any order.
// At any time the members are those who are in or left without a word less than
// the grace time ago, and every tab that is in believes so.
func TestEveryoneSeesTheMembersOfTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		shards, schedule := rapid.IntRange(1, 3).Draw(rt, "shards"), moves.Draw(rt, "moves")
		synctest.Test(t, func(t *testing.T) { runSchedule(t, shards, schedule) })
	})
}

func runSchedule(t *testing.T, shards int, schedule []move) {
	b := newGraceBench(shards)
	defer b.Stop()
	var tabs []*tab
	for i := range 6 {
		tabs = append(tabs, b.tab(fmt.Sprintf("u%d", i/2)))
	}
	lost := map[string]time.Time{}
	in := func(user string) bool {
		return slices.ContainsFunc(tabs, func(x *tab) bool { return x.user == user && x.in != nil })
	}
	for _, m := range schedule {
		switch {
		case m.Work:
			b.work()
		case m.Wait > 0:
			time.Sleep(m.Wait)
			synctest.Wait()
		case tabs[m.Tab].in == nil:
			tabs[m.Tab].rec.take()
			tabs[m.Tab].join(t)
			delete(lost, tabs[m.Tab].user)
		default:
			x := tabs[m.Tab]
			b.work() // what it receives after leaving is not looked at
			x.read()
			x.end(m.Broken)
			if m.Broken && !in(x.user) {
				lost[x.user] = time.Now()
			}
		}
		var want []string
		for _, user := range []string{"u0", "u1", "u2"} {
			at, gone := lost[user]
			if in(user) || gone && time.Since(at) < grace {
				want = append(want, user)
			}
		}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(b.Users("app", "presence-room")))); diff != "" {
			t.Fatalf("members: %s after %+v of %+v", diff, m, schedule)
		}
	}
	b.work()
	want := slices.Sorted(slices.Values(b.Users("app", "presence-room")))
	for i, x := range tabs {
		if x.in == nil {
			continue
		}
		x.read()
		if diff := cmp.Diff(want, x.view.ids()); diff != "" || len(x.view.faults) > 0 {
			t.Fatalf("tab %d: %s %v; %+v", i, diff, x.view.faults, schedule)
		}
	}
}

// lockedRecorder is a recorder for workers that run.
type lockedRecorder struct {
	mu sync.Mutex
	recorder
}

func (r *lockedRecorder) Send(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recorder.Send(b)
}

// Users come and go at the same time from all sides, with workers that run. What
// a client is told is one sequence without gaps and repetitions, and in the end
// all agree.
func TestSimultaneousJoinsAndLeavesAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newGraceBench(3)
		b.Start()
		const tabs, rounds = 12, 150
		var recs [tabs]*lockedRecorder
		var wg sync.WaitGroup
		for i := range tabs {
			recs[i] = &lockedRecorder{}
			id, _ := pusher.ParseSocketID(fmt.Sprintf("2.%d", i+1))
			sub := b.App("app").NewSubscriber(id, recs[i], b.NextShard())
			who := &pusher.Member{UserID: fmt.Sprintf("u%d", i/2), Info: []byte("{}")}
			random := rand.New(rand.NewPCG(uint64(i), 1))
			wg.Go(func() {
				for range rounds {
					m, err := sub.Join(kind("presence-room"), who, 0)
					if err != nil {
						t.Error(err)
						return
					}
					if random.IntN(3) == 0 {
						m.Lose()
					} else {
						m.Leave()
					}
				}
				if _, err := sub.Join(kind("presence-room"), who, 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		for i, r := range recs {
			var v view
			for _, payload := range r.take() {
				v.apply(payload)
			}
			if diff := cmp.Diff([]string{"u0", "u1", "u2", "u3", "u4", "u5"}, v.ids()); diff != "" || len(v.faults) > 0 {
				t.Errorf("tab %d: %s %v", i, diff, v.faults)
			}
		}
		b.Stop()
	})
}
