package wire

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// soloAdapter is a cluster of one node, which hears what it publishes.
type soloAdapter struct {
	mu     sync.Mutex
	notes  []string
	events chan []contract.AdapterEvent
	closed chan struct{}
}

func newSoloAdapter() *soloAdapter {
	return &soloAdapter{events: make(chan []contract.AdapterEvent, 100), closed: make(chan struct{})}
}

func (a *soloAdapter) note(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}

func (a *soloAdapter) Open(_ context.Context, node contract.NodeInfo) (contract.AdapterSession, error) {
	if node.Incarnation == "fenced" {
		return nil, contract.ErrFenced
	}
	a.note("open %+v", node)
	return soloSession{a}, nil
}

// soloSession is its session.
type soloSession struct{ *soloAdapter }

func (a soloSession) Subscribe(_ context.Context, topics []contract.Topic) error {
	a.note("subscribe %v", topics)
	return nil
}

func (a soloSession) Unsubscribe(_ context.Context, topics []contract.Topic) error {
	a.note("unsubscribe %v", topics)
	return contract.ErrUnavailable
}

func (a soloSession) Publish(_ context.Context, msgs []contract.BusMessage) error {
	for _, m := range msgs {
		a.events <- []contract.AdapterEvent{{Message: &m}}
	}
	return nil
}

var testVerdict = contract.Verdict{Epoch: 3, Results: []contract.ChangeResult{{Seq: 1, First: true, Last: true, Refused: true, Total: 9}, {}}}

func (a soloSession) Apply(_ context.Context, req contract.ApplyRequest) (contract.Verdict, error) {
	a.note("apply %+v", req)
	if req.Version == 0 {
		panic("no version")
	}
	return testVerdict, nil
}

var (
	testKey  = contract.StateKey{Kind: contract.StatePresence, App: "app", Name: "presence-x"}
	testPage = contract.CellPage{Position: contract.Position{Epoch: 1, Seq: 2}, Next: "n", Holdings: []contract.Holding{
		{Key: testKey, User: "u", Info: []byte("i"), Incarnation: "x", Count: 4},
	}}
	testChanges = []contract.StateChange{{
		Cell: 1, Epoch: 2, Seq: 3, Incarnation: "other", Time: time.UnixMilli(1234).UTC(), Result: testVerdict.Results[0],
		Change: contract.Change{Key: contract.StateKey{Kind: contract.StateCount, App: "a"}, Count: 5},
	}}
)

func (a soloSession) Snapshot(_ context.Context, cell uint32, cursor string) (contract.CellPage, error) {
	a.note("snapshot %d %s", cell, cursor)
	if cursor == "huge" {
		return contract.CellPage{Holdings: []contract.Holding{{Info: make([]byte, MaxMessage)}}}, nil
	}
	return testPage, nil
}

func (a soloSession) Changes(_ context.Context, cell uint32, after contract.Position, limit int) ([]contract.StateChange, error) {
	a.note("changes %d %v %d", cell, after, limit)
	return testChanges, nil
}

func (a soloSession) Renew(context.Context) ([]contract.Position, error) {
	return []contract.Position{{Epoch: 1}, {Epoch: 2, Seq: 3}}, nil
}

func (a soloSession) Retire(_ context.Context, incarnation string) error {
	a.note("retire %s", incarnation)
	return contract.ErrInvalid
}

func (a soloSession) Lead(_ context.Context, cell uint32) (contract.Position, error) {
	a.note("lead %d", cell)
	return contract.Position{Epoch: 7, Seq: 8}, nil
}

func (a soloSession) Advance(_ context.Context, cell uint32, to contract.Position, resign bool) error {
	a.note("advance %d %v %t", cell, to, resign)
	return contract.ErrFenced
}

func (a soloSession) Reap(context.Context) ([]string, error) { return []string{"x", "y"}, nil }

func (a soloSession) Receive(ctx context.Context) ([]contract.AdapterEvent, error) {
	select {
	case e := <-a.events:
		if e == nil {
			return nil, contract.ErrUnavailable
		}
		return e, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a soloSession) Close() error {
	a.note("close")
	close(a.closed)
	return nil
}

func openTestSession(t *testing.T) (contract.AdapterSession, *soloAdapter) {
	t.Helper()
	driver := newSoloAdapter()
	cc, caps := connect(t, offer(contract.KindAdapter, driver))
	a := NewAdapter(cc, ClientOptions{Capabilities: caps})
	if _, err := a.Open(within(t), contract.NodeInfo{Incarnation: "fenced"}); !errors.Is(err, contract.ErrFenced) {
		t.Errorf("open of a fenced incarnation: %v", err)
	}
	s, err := a.Open(within(t), contract.NodeInfo{ID: "n", Incarnation: "i", Lease: time.Second, Cells: 4, Reads: 2, Writes: 1})
	if err != nil {
		t.Fatal(err)
	}
	return s, driver
}

func TestAdapterRoundTrip(t *testing.T) {
	s, driver := openTestSession(t)
	ctx := within(t)
	topics := []contract.Topic{{Cell: 1, Name: "a"}, {Cell: 2, Name: "b"}}
	if err := s.Subscribe(ctx, topics); err != nil {
		t.Errorf("subscribe: %v", err)
	}
	if err := s.Unsubscribe(ctx, topics); !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("unsubscribe: %v", err)
	}
	change := contract.Change{
		Key: testKey, User: "u", Info: []byte("i"), Present: true, Count: 2, Limit: 3,
	}
	verdict, err := s.Apply(ctx, contract.ApplyRequest{Cell: 1, Version: 7, Changes: []contract.Change{change}})
	if diff := cmp.Diff(testVerdict, verdict); err != nil || diff != "" {
		t.Errorf("apply: %v (-want +got):\n%s", err, diff)
	}
	if _, err := s.Apply(ctx, contract.ApplyRequest{}); !errors.Is(err, contract.ErrInternal) || Reason(err) != ReasonPanic {
		t.Errorf("apply that panics: %v", err)
	}
	positions, err := s.Renew(ctx)
	if diff := cmp.Diff([]contract.Position{{Epoch: 1}, {Epoch: 2, Seq: 3}}, positions); err != nil || diff != "" {
		t.Errorf("renew: %v (-want +got):\n%s", err, diff)
	}
	reaped, err := s.Reap(ctx)
	if diff := cmp.Diff([]string{"x", "y"}, reaped); err != nil || diff != "" {
		t.Errorf("reap: %v, %v", reaped, err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	want := []string{
		"open {ID:n Incarnation:i Lease:1s Cells:4 Reads:2 Writes:1}",
		"subscribe [{1 a} {2 b}]",
		"unsubscribe [{1 a} {2 b}]",
		"apply {Cell:1 Version:7 Changes:[{Key:{Kind:1 App:app Name:presence-x} User:u Info:[105] Present:true Count:2 Limit:3}]}",
		"apply {Cell:0 Version:0 Changes:[]}",
		"close",
	}
	if diff := cmp.Diff(want, driver.notes); diff != "" {
		t.Errorf("the driver was asked (-want +got):\n%s", diff)
	}
	if _, err := s.Renew(ctx); !errors.Is(err, contract.ErrClosed) {
		t.Errorf("renew after close: %v", err)
	}
}

func TestAdapterReadsAndLeads(t *testing.T) {
	s, driver := openTestSession(t)
	ctx := within(t)
	page, err := s.Snapshot(ctx, 1, "c")
	if diff := cmp.Diff(testPage, page); err != nil || diff != "" {
		t.Errorf("snapshot: %v (-want +got):\n%s", err, diff)
	}
	if _, err := s.Snapshot(ctx, 1, "huge"); !errors.Is(err, contract.ErrInternal) {
		t.Errorf("snapshot that fits in no message: %v", err)
	}
	changes, err := s.Changes(ctx, 1, contract.Position{Epoch: 2, Seq: 2}, 10)
	if diff := cmp.Diff(testChanges, changes); err != nil || diff != "" {
		t.Errorf("changes: %v (-want +got):\n%s", err, diff)
	}
	if err := s.Retire(ctx, "old"); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("retire: %v", err)
	}
	if cursor, err := s.Lead(ctx, 3); err != nil || cursor != (contract.Position{Epoch: 7, Seq: 8}) {
		t.Errorf("lead: %v, %v", cursor, err)
	}
	if err := s.Advance(ctx, 3, contract.Position{Epoch: 7, Seq: 9}, true); !errors.Is(err, contract.ErrFenced) {
		t.Errorf("advance: %v", err)
	}
	_ = s.Close()
	want := []string{"snapshot 1 c", "snapshot 1 huge", "changes 1 {2 2} 10", "retire old", "lead 3", "advance 3 {7 9} true", "close"}
	if diff := cmp.Diff(want, driver.notes[1:]); diff != "" {
		t.Errorf("the driver was asked (-want +got):\n%s", diff)
	}
}

func TestAdapterEvents(t *testing.T) {
	s, driver := openTestSession(t)
	state := testChanges[0]
	msg := contract.BusMessage{Topic: contract.Topic{Cell: 1, Name: "t"}, Body: []byte("body")}
	if err := s.Publish(within(t), []contract.BusMessage{msg}); err != nil {
		t.Fatal(err)
	}
	want := []contract.AdapterEvent{{Message: &msg}, {State: &state}, {Lost: &contract.Lost{Cells: []uint32{4}, Reason: "cut"}}}
	driver.events <- want[1:]
	driver.events <- nil
	var got []contract.AdapterEvent
	var end error
	for end == nil {
		var some []contract.AdapterEvent
		some, end = s.Receive(within(t))
		got = append(got, some...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if !errors.Is(end, contract.ErrUnavailable) {
		t.Errorf("events ended with %v, want what the driver said", end)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	<-driver.closed
}

func TestSlowReceiverIsToldOfLoss(t *testing.T) {
	b := newEventBuffer()
	event := func(n int) []*pb.SessionEvent {
		return []*pb.SessionEvent{toEvent(contract.AdapterEvent{Message: &contract.BusMessage{Body: make([]byte, n)}})}
	}
	for range 10 {
		b.add(event(1 << 20))
	}
	events, err := b.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := events[len(events)-1].Lost
	if len(events) > 5 || last == nil || last.Cells != nil {
		t.Errorf("%d events, the last is %+v", len(events), last)
	}
	b.add(event(maxEventBytes + 1))
	if events, err := b.take(t.Context()); err != nil || len(events) != 1 || events[0].Message == nil {
		t.Errorf("afterwards: %d events, %v", len(events), err)
	}
}

func TestCommandsOfACellKeepTheirOrder(t *testing.T) {
	s, driver := openTestSession(t)
	var wg sync.WaitGroup
	for cell := range uint32(4) {
		wg.Go(func() {
			for v := range uint64(20) {
				if _, err := s.Apply(within(t), contract.ApplyRequest{Cell: cell, Version: v + 1}); err != nil {
					t.Errorf("apply: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(driver.notes); n != 81 {
		t.Errorf("%d commands arrived, want 81", n)
	}
	_ = s.Close()
}
