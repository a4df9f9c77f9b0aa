package plugintest_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

var (
	room = contract.StateKey{Kind: contract.StatePresence, App: "app", Name: "room"}
	news = contract.Topic{Cell: 1, Name: "app/news"}
)

// faulty joins two nodes, "a" and "b", to a bus; both subscribe to news.
func faulty(t *testing.T) (bus *plugintest.ReferenceBus, clock *plugintest.Clock, a, b contract.AdapterSession) {
	t.Helper()
	clock = plugintest.NewClock()
	bus = plugintest.NewReferenceBus(clock)
	join := func(name string) contract.AdapterSession {
		s, err := bus.Open(t.Context(), contract.NodeInfo{ID: name, Incarnation: name, Lease: time.Minute, Cells: 4, Reads: 1, Writes: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		if err := s.Subscribe(t.Context(), []contract.Topic{news}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	return bus, clock, join("a"), join("b")
}

func say(t *testing.T, s contract.AdapterSession, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if err := s.Publish(t.Context(), []contract.BusMessage{{Topic: news, Body: []byte(body)}}); err != nil {
			t.Fatal(err)
		}
	}
}

// hear receives what is there and writes it as text.
func hear(t *testing.T, s contract.AdapterSession, want ...string) {
	t.Helper()
	events, err := s.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		switch {
		case e.Message != nil:
			got = append(got, string(e.Message.Body))
		case e.Lost != nil:
			got = append(got, "lost: "+e.Lost.Reason)
		case e.State != nil:
			got = append(got, "state of "+e.State.Change.User)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("events (-want +got):\n%s", diff)
	}
}

func enter(t *testing.T, s contract.AdapterSession, version uint64, user string) (contract.Verdict, error) {
	return s.Apply(t.Context(), contract.ApplyRequest{
		Cell: 1, Version: version, Changes: []contract.Change{{Key: room, User: user, Present: true}},
	})
}

func members(t *testing.T, s contract.AdapterSession) contract.CellPage {
	t.Helper()
	page, err := s.Snapshot(t.Context(), 1, "")
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestDropLosesEventsAndTellsWhere(t *testing.T) {
	bus, _, a, b := faulty(t)
	say(t, a, "1")
	bus.Drop("b", 2)
	say(t, a, "2", "3", "4")
	hear(t, b, "1", "lost: dropped", "4")
}

func TestPartitionCutsANodeOffUntilHeal(t *testing.T) {
	bus, _, a, b := faulty(t)
	bus.Partition("b")
	say(t, a, "unheard")
	if _, err := enter(t, b, 1, "ben"); !errors.Is(err, contract.ErrUnavailable) {
		t.Fatalf("Apply while cut off: %v", err)
	}
	bus.Heal("b")
	say(t, a, "heard")
	hear(t, b, "lost: cut off", "heard")
	if _, err := enter(t, b, 1, "ben"); err != nil {
		t.Fatal(err)
	}
	hear(t, a, "state of ben")
}

func TestPausedNodeFindsItselfFenced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, clock, a, b := faulty(t)
		bus.Pause("b")
		applied := make(chan error)
		go func() {
			_, err := enter(t, b, 1, "ben")
			applied <- err
		}()
		synctest.Wait()
		say(t, a, "while paused")
		clock.Advance(time.Minute)
		select {
		case err := <-applied:
			t.Fatalf("Apply returned while the node was paused: %v", err)
		default:
		}
		bus.Resume("b")
		if err := <-applied; !errors.Is(err, contract.ErrFenced) {
			t.Fatalf("Apply after the pause: %v", err)
		}
		hear(t, b, "while paused")
		if st := members(t, a); len(st.Holdings) != 0 {
			t.Fatalf("the fenced node changed the room: %+v", st)
		}
	})
}

func TestForgetBeginsANewEpoch(t *testing.T) {
	bus, _, a, b := faulty(t)
	if _, err := enter(t, a, 1, "ann"); err != nil {
		t.Fatal(err)
	}
	hear(t, b, "state of ann")
	before := members(t, b)
	bus.Forget(1)
	hear(t, b, "lost: fail-over")
	after := members(t, b)
	if after.Position != (contract.Position{Epoch: before.Position.Epoch + 1}) || len(after.Holdings) != 0 {
		t.Fatalf("after the fail-over: %+v, before: %+v", after, before)
	}
	v, err := enter(t, a, 2, "ann") // a node applies again what it holds
	if err != nil || !v.Results[0].First || v.Epoch != after.Position.Epoch {
		t.Fatalf("Apply after the fail-over: %+v, %v", v, err)
	}
}

func TestRewindUndoesWhatCameLate(t *testing.T) {
	bus, clock, a, b := faulty(t)
	clock.Advance(time.Second)
	for v, user := range []string{"ann", "ben"} {
		if _, err := enter(t, a, uint64(v+1), user); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Second)
	}
	before := members(t, b)
	bus.Rewind(1, 1500*time.Millisecond)
	after := members(t, b)
	if after.Position != (contract.Position{Epoch: before.Position.Epoch + 1}) {
		t.Fatalf("the cell stands at %v", after.Position)
	}
	if diff := cmp.Diff(before.Holdings[:1], after.Holdings); diff != "" {
		t.Fatalf("holdings (-want +got):\n%s", diff)
	}
	if v, err := enter(t, a, 1, "ben"); err != nil || !v.Results[0].First {
		t.Fatalf("Apply after the fail-over: %+v, %v", v, err)
	}
}

func TestALostReplyLeavesTheChange(t *testing.T) {
	bus, _, a, b := faulty(t)
	bus.LoseReplies("a", 1)
	if _, err := enter(t, a, 1, "ann"); !errors.Is(err, contract.ErrTimeout) {
		t.Fatalf("Apply whose reply is lost: %v", err)
	}
	if v, err := enter(t, a, 1, "ann"); err != nil || !v.Results[0].First {
		t.Fatalf("the same Apply again: %+v, %v", v, err)
	}
	if n := len(members(t, b).Holdings); n != 1 {
		t.Fatalf("%d holdings", n)
	}
}

func TestAFullInboxTellsALossInsteadOfGrowing(t *testing.T) {
	_, _, a, b := faulty(t)
	batch := make([]contract.BusMessage, 1<<16+1)
	for i := range batch {
		batch[i] = contract.BusMessage{Topic: news, Body: []byte("x")}
	}
	if err := a.Publish(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	hear(t, b, "lost: the inbox was full")
}

func TestOpenRefusesWhatIsNotAllowedToJoin(t *testing.T) {
	bus, _, _, b := faulty(t)
	node := contract.NodeInfo{ID: "c", Incarnation: "c", Lease: time.Second, Cells: 4, Reads: 1, Writes: 1}
	with := func(change func(*contract.NodeInfo)) contract.NodeInfo {
		n := node
		change(&n)
		return n
	}
	_ = b.Close()
	for what, c := range map[string]struct {
		node contract.NodeInfo
		want error
	}{
		"an incarnation that is joined":     {with(func(n *contract.NodeInfo) { n.Incarnation = "a" }), contract.ErrConflict},
		"an incarnation that has left":      {with(func(n *contract.NodeInfo) { n.Incarnation = "b" }), contract.ErrFenced},
		"no lease":                          {with(func(n *contract.NodeInfo) { n.Lease = 0 }), contract.ErrInvalid},
		"no id":                             {with(func(n *contract.NodeInfo) { n.ID = "" }), contract.ErrInvalid},
		"reading less than others write":    {with(func(n *contract.NodeInfo) { n.Reads = 0 }), contract.ErrInvalid},
		"writing more than others can read": {with(func(n *contract.NodeInfo) { n.Writes = 2 }), contract.ErrInvalid},
	} {
		if _, err := bus.Open(t.Context(), c.node); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
	if _, err := bus.Open(t.Context(), node); err != nil {
		t.Errorf("nothing wrong: %v", err)
	}
}
