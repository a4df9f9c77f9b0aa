package hub

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/delay"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// fakeCluster notes what the hub tells it.
type fakeCluster struct {
	notes []string
	begun map[string]*Channel
}

func (f *fakeCluster) note(format string, args ...any) {
	f.notes = append(f.notes, fmt.Sprintf(format, args...))
}

func (f *fakeCluster) take() []string {
	notes := f.notes
	f.notes = nil
	return notes
}

func (f *fakeCluster) Begin(c *Channel) { f.note("begin %s", c.Name()); f.begun[c.Name()] = c }
func (f *fakeCluster) End(c *Channel)   { f.note("end %s", c.Name()) }

func (f *fakeCluster) Enter(c *Channel, user string, info []byte, most int) {
	f.note("enter %s %s %s %d", c.Name(), user, info, most)
}

func (f *fakeCluster) Exit(c *Channel, user string)    { f.note("exit %s %s", c.Name(), user) }
func (f *fakeCluster) Count(c *Channel, n int)         { f.note("count %s %d", c.Name(), n) }
func (f *fakeCluster) Connections(appID string, n int) { f.note("connections %s %d", appID, n) }

func newClusterBench() (*bench, *fakeCluster) {
	b, f := newBench(2), &fakeCluster{begun: map[string]*Channel{}}
	b.opts.Cluster = f
	return b, f
}

func wantNotes(t *testing.T, f *fakeCluster, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, f.take()); diff != "" {
		t.Fatalf("the cluster was told (-want +got):\n%s", diff)
	}
}

// answers collects what reservations were answered.
type answers []error

func (a *answers) done(err error) { *a = append(*a, err) }

func someone(user string) *pusher.Member {
	return &pusher.Member{UserID: user, Info: []byte(`"` + user + `"`)}
}

func TestTheFirstSubscriberWaitsForTheBus(t *testing.T) {
	b, f := newClusterBench()
	one, r1 := b.client("app")
	two, _ := b.client("app")
	var got answers
	first, ready := one.Reserve(kind("news"), nil, 0, got.done)
	second, also := two.Reserve(kind("news"), nil, 0, got.done)
	if ready || also {
		t.Fatal("a reservation is ready before the bus is")
	}
	wantNotes(t, f, "begin news")
	second.Release() // gives up
	f.begun["news"].Ready()
	if !slices.Equal(got, answers{nil}) {
		t.Fatalf("answers: %v", got)
	}
	m := mustJoin(t, one, "news")
	first.Release()
	wantNotes(t, f, "count news 1")
	if _, ready := two.Reserve(kind("news"), nil, 0, got.done); !ready {
		t.Error("the second subscriber waits as well")
	}
	b.work()
	if diff := cmp.Diff([]string{ack("news")}, r1.take()); diff != "" {
		t.Error(diff)
	}
	m.Leave()
	wantNotes(t, f, "count news 0") // and no end: the last reservation is kept
}

func TestMembersAreThoseOfTheCluster(t *testing.T) {
	b, f := newClusterBench()
	s, r := b.client("app")
	var got answers
	res, _ := s.Reserve(kind("presence-x"), someone("ann"), 9, got.done)
	wantNotes(t, f, "begin presence-x", "count presence-x 1", `enter presence-x ann "ann" 9`)
	c := f.begun["presence-x"]
	c.Fill([]pusher.Member{*someone("ben")})
	c.Ready()
	if len(got) > 0 {
		t.Fatal("answered before the verdict")
	}
	c.Show(*someone("ann"))
	c.Resolve("ann", true)
	if !slices.Equal(got, answers{nil}) {
		t.Fatalf("answers: %v", got)
	}
	m, err := s.Join(kind("presence-x"), someone("ann"), 9)
	if err != nil {
		t.Fatal(err)
	}
	res.Release()
	c.Show(*someone("cid"))
	c.Show(*someone("cid"))
	c.Hide("ben")
	c.Hide("ben")
	b.work()
	heard := r.take()
	if len(heard) != 3 {
		t.Fatalf("heard %v", heard)
	}
	if want := []string{"ann", "cid"}; !slices.Equal(sorted(b.Users("app", "presence-x")), want) {
		t.Errorf("users are %v, want %v", b.Users("app", "presence-x"), want)
	}
	wantNotes(t, f)
	m.Leave()
	wantNotes(t, f, "exit presence-x ann", "count presence-x 0", "end presence-x")
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

func TestARefusedUserIsHeldNoMore(t *testing.T) {
	b, f := newClusterBench()
	s, _ := b.client("app")
	var got answers
	res, _ := s.Reserve(kind("presence-x"), someone("ann"), 1, got.done)
	c := f.begun["presence-x"]
	c.Ready()
	f.take()
	c.Resolve("ann", false)
	if len(got) != 1 || !errors.Is(got[0], ErrFullChannel) {
		t.Fatalf("answers: %v", got)
	}
	wantNotes(t, f, "count presence-x 0")
	res.Release()
	wantNotes(t, f, "end presence-x")
	c.Resolve("ann", true) // an answer to an Enter that is over: the cluster must not hold her
	wantNotes(t, f, "exit presence-x ann")
}

func TestAUserWithAnotherConnectionIsHeld(t *testing.T) {
	b, f := newClusterBench()
	s, _ := b.client("app")
	if _, err := s.Join(kind("presence-x"), someone("ann"), 0); err != nil {
		t.Fatal(err)
	}
	f.take()
	again, _ := b.client("app")
	m, err := again.Join(kind("presence-x"), someone("ann"), 0)
	if err != nil {
		t.Fatal(err)
	}
	wantNotes(t, f, "count presence-x 2")
	m.Lose()
	wantNotes(t, f, "count presence-x 1")
}

func TestSubscribersAreToldTheNumberOfAllNodes(t *testing.T) {
	b, f := newClusterBench()
	b.counts = delay.New(time.Hour)
	t.Cleanup(b.counts.Stop)
	s, r := b.client("app")
	mustJoin(t, s, "news")
	b.work()
	r.take()
	f.begun["news"].Total(5)
	f.begun["news"].Total(5)
	b.work()
	if heard := r.take(); len(heard) != 1 {
		t.Errorf("heard %v", heard)
	}
}

func TestUsersAndConnectionsAreTold(t *testing.T) {
	b, f := newClusterBench()
	a := b.App("app")
	a.Admit(0)
	a.Welcome()
	a.Dismiss(true)
	wantNotes(t, f, "connections app 1", "connections app 2", "connections app 1")
	one, _ := b.client("app")
	two, _ := b.client("app")
	m1, m2 := one.SignIn("ann"), two.SignIn("ann")
	m1.Leave()
	m2.Leave()
	wantNotes(t, f, "begin #server-to-user-ann", "count #server-to-user-ann 1", "count #server-to-user-ann 0", "end #server-to-user-ann")
}
