package hub

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

func newCountBench() *bench {
	b := &bench{now: time.Hour}
	b.Hub = New(Options{Shards: 2, LogBytes: 1 << 20, LogAge: time.Hour, Now: func() time.Duration { return b.now }, CountEvery: 5 * time.Second})
	return b
}

func counted(n int) string { return string(pusher.AppendSubscriptionCount(nil, "room", n)) }

// counts returns the numbers that a subscriber was told.
func counts(r *recorder) (told []string) {
	for _, payload := range r.take() {
		if strings.Contains(payload, "subscription_count") {
			told = append(told, payload)
		}
	}
	return told
}

func TestEverySubscriberIsToldTheNumber(t *testing.T) {
	b := newCountBench()
	first, r1 := b.client("app")
	second, r2 := b.client("app")
	mustJoin(t, first, "room")
	m := mustJoin(t, second, "room")
	m.Leave()
	b.work()
	if diff := cmp.Diff([]string{ack("room"), counted(1), counted(2), counted(1)}, r1.take()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{ack("room"), counted(2)}, r2.take()); diff != "" {
		t.Error(diff)
	}
	member, r3 := b.client("app")
	if _, err := member.Join(kind("presence-room"), &pusher.Member{UserID: "ann"}, 0); err != nil {
		t.Fatal(err)
	}
	member.SignIn("ann")
	b.work()
	if got := counts(r3); len(got) > 0 {
		t.Errorf("presence and user channels have no count: %q", got)
	}
}

func TestLargeChannelsAreToldAtIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCountBench()
		defer b.Stop()
		first, r := b.client("app")
		mustJoin(t, first, "room")
		var rest []*Membership
		join := func(n int) {
			for range n {
				s, _ := b.client("app")
				rest = append(rest, mustJoin(t, s, "room"))
			}
		}
		expect := func(what string, want ...int) {
			t.Helper()
			synctest.Wait()
			b.work()
			var texts []string
			for _, n := range want {
				texts = append(texts, counted(n))
			}
			if diff := cmp.Diff(texts, counts(r)); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
		join(countFrom - 2)
		b.work()
		r.take()
		join(1)
		expect("the hundredth", 100)
		join(50)
		expect("within the interval")
		time.Sleep(5 * time.Second)
		expect("after it", 150)
		time.Sleep(time.Minute)
		expect("nothing new")
		join(1)
		expect("after a pause at once", 151)
		for _, m := range rest[:60] {
			m.Leave()
		}
		var small []int
		for n := countFrom - 1; n >= 91; n-- {
			small = append(small, n)
		}
		expect("small again", small...)
		time.Sleep(time.Minute)
		expect("and known")
	})
}

func TestACountWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCountBench()
		defer b.Stop()
		first, r := b.client("app")
		mustJoin(t, first, "room")
		b.work()
		r.take()
		b.publish(t, "app", msg("room", strings.Repeat("x", 1<<20)))
		for range 20 {
			s, _ := b.client("app")
			mustJoin(t, s, "room")
		}
		b.work()
		if got := counts(r); slices.Contains(got, counted(21)) {
			t.Error("a full log took a count")
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		b.work()
		if diff := cmp.Diff([]string{counted(21)}, counts(r)); diff != "" {
			t.Error(diff)
		}
	})
}

// listener writes down what an observer is told.
type listener struct{ told []string }

func (l *listener) note(parts ...any) {
	l.told = append(l.told, strings.TrimSpace(fmt.Sprintln(parts...)))
}
func (l *listener) Occupied(_, ch string)                    { l.note("occupied", ch) }
func (l *listener) Vacated(_, ch string)                     { l.note("vacated", ch) }
func (l *listener) MemberAdded(_, ch, user string, _ []byte) { l.note("added", ch, user) }
func (l *listener) MemberRemoved(_, ch, user string)         { l.note("removed", ch, user) }
func (l *listener) SignedIn(_, user string)                  { l.note("in", user) }
func (l *listener) SignedOut(_, user string)                 { l.note("out", user) }
func (l *listener) SubscriptionCount(_, ch string, n int)    { l.note("count", ch, n) }

func TestTheObserverIsToldEachTransitionOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{}
		b := &bench{now: time.Hour}
		b.Hub = New(Options{
			Shards: 2, LogBytes: 1 << 20, LogAge: time.Hour, Now: func() time.Duration { return b.now },
			CountEvery: 5 * time.Second, Grace: grace, Observer: l,
		})
		defer b.Stop()
		ann, _ := b.client("app")
		tab, _ := b.client("app")
		a, c := mustJoin(t, ann, "room"), mustJoin(t, tab, "room")
		a.Leave()
		c.Leave()
		in, again := ann.SignIn("ann"), tab.SignIn("ann")
		in.Leave()
		again.Leave()
		member := &pusher.Member{UserID: "ann"}
		for range 2 {
			m, err := ann.Join(kind("presence-room"), member, 0)
			if err != nil {
				t.Fatal(err)
			}
			m.Lose()
		}
		time.Sleep(grace)
		synctest.Wait()
		want := []string{
			"occupied room", "count room 1", "count room 2", "count room 1", "vacated room", "count room 0",
			"in ann", "out ann",
			"occupied presence-room", "added presence-room ann", "removed presence-room ann", "vacated presence-room",
		}
		if diff := cmp.Diff(want, l.told); diff != "" {
			t.Error(diff)
		}
	})
}
