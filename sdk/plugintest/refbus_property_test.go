package plugintest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	worldCells = 2
	worldLease = 4 * time.Second
	worldLimit = 3
)

// world is a bus, its nodes, and what a reader of the rules expects of them.
type world struct {
	t     *rapid.T
	clock *Clock
	bus   *ReferenceBus
	made  int
	nodes []*follower
	// judge never loses a lease nor an event: it sees every transition.
	judge *follower
	truth []map[contract.StateKey]map[string]map[string]uint32 // by cell, key, user ("" for counts), incarnation
}

// follower is a node whose view is made of snapshots and changes.
type follower struct {
	contract.AdapterSession
	incarnation string
	leaseEnds   time.Time
	versions    [worldCells]uint64
	last        [worldCells]contract.ApplyRequest
	verdicts    [worldCells]contract.Verdict
	view        *view
	cut, closed bool
}

func worldKeys() []contract.StateKey {
	return []contract.StateKey{
		{Kind: contract.StatePresence, App: "app", Name: "room"},
		{Kind: contract.StateCount, App: "app", Name: ""},
	}
}

func newWorld(t *rapid.T) *world {
	w := &world{t: t, clock: NewClock()}
	w.bus = NewReferenceBus(w.clock)
	for range worldCells {
		w.truth = append(w.truth, map[contract.StateKey]map[string]map[string]uint32{})
	}
	w.judge = w.join(1000 * time.Hour)
	return w
}

func (w *world) join(lease time.Duration) *follower {
	w.made++
	f := &follower{incarnation: fmt.Sprint("inc", w.made), leaseEnds: w.clock.Now().Add(lease), view: newView()}
	s, err := w.bus.Open(context.Background(), contract.NodeInfo{
		ID: fmt.Sprint("node", w.made), Incarnation: f.incarnation, Lease: lease, Cells: worldCells, Reads: 1, Writes: 1,
	})
	if err != nil {
		w.t.Fatalf("Open: %v", err)
	}
	f.AdapterSession = s
	w.resync(f)
	return f
}

// resync takes snapshots of cells, of all if none are named.
func (w *world) resync(f *follower, cells ...uint32) {
	if len(cells) == 0 {
		cells = []uint32{0, 1}
	}
	for _, cell := range cells {
		for _, key := range worldKeys() {
			st, err := stateOf(context.Background(), f, cell, key)
			if err != nil {
				w.t.Fatalf("Snapshot: %v", err)
			}
			f.view.start(cell, inCell(cell, key), st)
		}
	}
}

// inCell is a key as the views know it: the same one may live in two cells.
func inCell(cell uint32, key contract.StateKey) contract.StateKey {
	key.App = fmt.Sprint(key.App, "@", cell)
	return key
}

// follow receives all that waits for a node.
func (w *world) follow(f *follower) {
	for w.waiting(f) {
		events, err := f.Receive(context.Background())
		if err != nil {
			w.t.Fatalf("Receive: %v", err)
		}
		for _, e := range events {
			w.see(f, e)
		}
	}
}

// waiting is whether something is in a node's inbox.
func (w *world) waiting(f *follower) bool {
	w.bus.mu.Lock()
	defer w.bus.mu.Unlock()
	return len(f.AdapterSession.(*refSession).inbox) > 0
}

func (w *world) see(f *follower, e contract.AdapterEvent) {
	if e.Lost != nil {
		if f == w.judge && len(e.Lost.Cells) == 0 {
			w.t.Fatalf("the judge lost events: %+v", e.Lost)
		}
		w.resync(f, e.Lost.Cells...)
		return
	}
	c := *e.State
	if c.Epoch < f.view.epochs[c.Cell] || c.Epoch == f.view.epochs[c.Cell] && c.Seq <= f.view.seqs[c.Cell] {
		return // older than a snapshot
	}
	if c.Result.Total > worldLimit {
		w.t.Fatalf("change %d brings %v to %d, above the limit of %d", c.Seq, c.Change.Key, c.Result.Total, worldLimit)
	}
	c.Change.Key = inCell(c.Cell, c.Change.Key)
	if err := f.view.take(c, c.Change.Key.App); err != nil {
		w.t.Fatalf("view of %s: %v", f.incarnation, err)
	}
}

// some draws an open node that is not cut off; nil if there is none.
func (w *world) some() *follower {
	open := slices.DeleteFunc(slices.Clone(w.nodes), func(f *follower) bool { return f.closed || f.cut })
	if len(open) == 0 {
		return nil
	}
	return rapid.SampledFrom(open).Draw(w.t, "node")
}

func (w *world) fenced(f *follower) bool { return !w.clock.Now().Before(f.leaseEnds) }

func (w *world) change() contract.Change {
	keys := worldKeys()
	if rapid.Bool().Draw(w.t, "presence") {
		user := rapid.SampledFrom([]string{"ann", "ben", "cid", "dan", "eve"}).Draw(w.t, "user")
		return contract.Change{
			Key: keys[0], User: user, Info: []byte(user), Limit: worldLimit,
			Present: rapid.Bool().Draw(w.t, "present"),
		}
	}
	return contract.Change{Key: keys[1], Count: rapid.Uint32Range(0, 3).Draw(w.t, "count"), Limit: worldLimit}
}

// apply applies changes and holds the verdict against the truth.
func (w *world) apply(f *follower, cell uint32, changes ...contract.Change) {
	f.versions[cell]++
	req := contract.ApplyRequest{Cell: cell, Version: f.versions[cell], Changes: changes}
	v, err := f.Apply(context.Background(), req)
	if w.fenced(f) {
		if !errors.Is(err, contract.ErrFenced) {
			w.t.Fatalf("Apply of a fenced node: %v", err)
		}
		return
	}
	if err != nil {
		w.t.Fatalf("Apply: %v", err)
	}
	f.last[cell], f.verdicts[cell] = req, v
	for i, ch := range changes {
		w.expect(f.incarnation, cell, ch, v.Results[i])
	}
}

// expect executes a change on the truth and compares what it says.
func (w *world) expect(incarnation string, cell uint32, ch contract.Change, got contract.ChangeResult) {
	before := w.total(cell, ch.Key)
	heldBefore := w.held(cell, ch.Key, ch.User)
	if !got.Refused {
		n := ch.Count
		if ch.Present {
			n = 1
		}
		w.hold(cell, ch.Key, ch.User, incarnation, n)
	}
	after, heldAfter := w.total(cell, ch.Key), w.held(cell, ch.Key, ch.User)
	want := contract.ChangeResult{
		Seq: got.Seq, Refused: got.Refused, Total: after,
		First: heldBefore == 0 && heldAfter > 0, Last: heldBefore > 0 && heldAfter == 0,
	}
	if got != want || after > worldLimit || got.Refused && before == 0 {
		w.t.Fatalf("%s: %+v in cell %d: got %+v, want %+v", incarnation, ch, cell, got, want)
	}
}

func (w *world) hold(cell uint32, key contract.StateKey, user, incarnation string, n uint32) {
	users := w.truth[cell][key]
	if users == nil {
		users = map[string]map[string]uint32{}
		w.truth[cell][key] = users
	}
	if users[user] == nil {
		users[user] = map[string]uint32{}
	}
	users[user][incarnation] = n
	if n == 0 {
		delete(users[user], incarnation)
	}
}

func (w *world) held(cell uint32, key contract.StateKey, user string) (sum uint32) {
	for _, n := range w.truth[cell][key][user] {
		sum += n
	}
	return sum
}

func (w *world) total(cell uint32, key contract.StateKey) (sum uint32) {
	for user := range w.truth[cell][key] {
		held := w.held(cell, key, user)
		if key.Kind == contract.StatePresence {
			held = min(held, 1)
		}
		sum += held
	}
	return sum
}

// release takes what an incarnation holds out of the truth.
func (w *world) release(incarnation string) {
	for _, keys := range w.truth {
		for _, users := range keys {
			for _, holders := range users {
				delete(holders, incarnation)
			}
		}
	}
}

func TestViewsAgreeWithTheTruth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rt)
		rt.Repeat(w.actions())
		w.settle()
		for cell := range uint32(worldCells) {
			for _, key := range worldKeys() {
				w.compare(cell, key)
			}
		}
	})
}

// settle ends all faults and lets every node hear what there is.
func (w *world) settle() {
	for _, f := range w.nodes {
		w.bus.Heal(f.incarnation)
		w.bus.Resume(f.incarnation)
		f.cut = false
	}
	flush := contract.StateKey{Kind: contract.StateCount, App: "app", Name: "flush"}
	for n := range uint32(10) { // what Drop still has to lose
		w.apply(w.judge, 0, contract.Change{Key: flush, Count: n % 2})
	}
	for _, f := range append(w.nodes, w.judge) {
		if !f.closed {
			w.follow(f)
		}
	}
}

func (w *world) compare(cell uint32, key contract.StateKey) {
	st, err := stateOf(context.Background(), w.judge, cell, key)
	if err != nil {
		w.t.Fatalf("Snapshot: %v", err)
	}
	if st.Total != w.total(cell, key) {
		w.t.Fatalf("cell %d, %v: the snapshot has %d, the truth %d", cell, key, st.Total, w.total(cell, key))
	}
	for _, f := range append(w.nodes, w.judge) {
		if diff := f.view.differs(inCell(cell, key), st); !f.closed && diff != "" {
			w.t.Fatalf("view of %s: %s", f.incarnation, diff)
		}
	}
}
