package plugintest

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// AdapterConfig describes an adapter to its suite.
type AdapterConfig struct {
	// Open returns an adapter through which all nodes of a case join. Nobody
	// else is on its bus meanwhile; the dead of earlier cases may be.
	Open func(t *testing.T) contract.Adapter
	// Advance moves the clock of the leases. Bubble runs every case in a
	// synctest bubble instead. With neither, time passes for real.
	Advance func(d time.Duration)
	Bubble  bool

	clients opener[contract.Adapter] // instead of Open, if not nil
}

// Adapter checks every promise of contract.Adapter and AdapterSession.
func Adapter(t *testing.T, cfg AdapterConfig) {
	t.Helper()
	cases := slices.Concat(adapterOpen, adapterTopics, adapterPresence, adapterCounts, adapterApply,
		adapterChanges, adapterRead, adapterLog, adapterLead, adapterLease, adapterReap, adapterRetire)
	open := directly(cfg.clients, cfg.Open, nil)
	play(t, pace{advance: cfg.Advance, bubble: cfg.Bubble, serial: true}, cases, func(t *testing.T) *adapterBench {
		a, caps := open(t)
		return &adapterBench{
			bench:   bench{T: t, pace: pace{advance: cfg.Advance, bubble: cfg.Bubble, serial: true}, caps: caps},
			adapter: a,
			app:     unique("app-"),
			joined:  map[string]bool{},
		}
	})
}

// adapterBench is the adapter of one case, with an app that only it uses.
type adapterBench struct {
	bench
	adapter contract.Adapter
	app     string
	joined  map[string]bool // incarnations of this case
}

type adapterCase = scenario[*adapterBench]

const (
	// cells is the number of cells of every suite's bus, aCell the usual one.
	cells = 64
	aCell = 7
	// nodeLease is the lease of cases that let one end.
	nodeLease = 2 * time.Second
)

// member is one node of a case.
type member struct {
	contract.AdapterSession
	b        *adapterBench
	info     contract.NodeInfo
	versions map[uint32]uint64
	view     *view
	events   []contract.AdapterEvent // received and not yet asked for
}

func (b *adapterBench) nodeInfo(lease time.Duration) contract.NodeInfo {
	return contract.NodeInfo{
		ID: unique("node-"), Incarnation: unique("inc-"),
		Lease: lease, Cells: cells, Reads: 1, Writes: 1,
	}
}

// join opens a session that is closed at the end of the case.
func (b *adapterBench) join(lease time.Duration) *member {
	b.Helper()
	return b.joinAs(b.nodeInfo(lease))
}

func (b *adapterBench) joinAs(info contract.NodeInfo) *member {
	b.Helper()
	s, err := b.adapter.Open(b.Context(), info)
	wantNil(b.T, "Open", err)
	b.Cleanup(func() { _ = s.Close() })
	b.joined[info.Incarnation] = true
	return &member{AdapterSession: s, b: b, info: info, versions: map[uint32]uint64{}, view: newView()}
}

func (b *adapterBench) presence(channel string) contract.StateKey {
	return contract.StateKey{Kind: contract.StatePresence, App: b.app, Name: channel}
}

func (b *adapterBench) counter(name string) contract.StateKey {
	return contract.StateKey{Kind: contract.StateCount, App: b.app, Name: name}
}

func (b *adapterBench) topic(name string) contract.Topic {
	return contract.Topic{Cell: aCell, Name: b.app + "/" + name}
}

// here and away say whether a node holds a user of the channel "room".
func (b *adapterBench) here(user string) contract.Change {
	return contract.Change{Key: b.presence("room"), User: user, Info: []byte("info of " + user), Present: true}
}

func (b *adapterBench) away(user string) contract.Change {
	return contract.Change{Key: b.presence("room"), User: user}
}

// count says how much a node holds of a counter.
func (b *adapterBench) count(name string, n uint32) contract.Change {
	return contract.Change{Key: b.counter(name), Count: n}
}

// try applies changes in the usual cell under the next version.
func (m *member) try(changes ...contract.Change) (contract.Verdict, error) {
	return m.tryIn(aCell, changes...)
}

func (m *member) tryIn(cell uint32, changes ...contract.Change) (contract.Verdict, error) {
	m.versions[cell]++
	return m.Apply(m.b.Context(), contract.ApplyRequest{Cell: cell, Version: m.versions[cell], Changes: changes})
}

// apply is try that must succeed; it returns the result of each change.
func (m *member) apply(changes ...contract.Change) []contract.ChangeResult {
	m.b.Helper()
	v, err := m.try(changes...)
	wantNil(m.b.T, "Apply", err)
	wantSame(m.b.T, "results of Apply", len(v.Results), len(changes))
	return v.Results
}

// does applies one change and compares its result; a want.Seq of 1 means any.
func (m *member) does(ch contract.Change, want contract.ChangeResult) contract.ChangeResult {
	m.b.Helper()
	got := m.apply(ch)[0]
	seen := got
	seen.Seq = min(seen.Seq, 1)
	wantSame(m.b.T, "result", seen, want)
	return got
}

// state reads the state of a key in the usual cell.
func (m *member) state(key contract.StateKey) keyState {
	m.b.Helper()
	st, err := stateOf(m.b.Context(), m, aCell, key)
	wantNil(m.b.T, "Snapshot", err)
	return st
}

// shows expects the users of "room", in any order.
func (m *member) shows(users ...string) keyState {
	m.b.Helper()
	st := m.state(m.b.presence("room"))
	got := slices.Sorted(maps.Keys(st.Users))
	slices.Sort(users)
	if !slices.Equal(got, users) {
		m.b.Fatalf("snapshot: got users %q, want %q", got, users)
	}
	return st
}

// renew renews the lease and returns where the cells stand.
func (m *member) renew() []contract.Position {
	m.b.Helper()
	positions, err := m.Renew(m.b.Context())
	wantNil(m.b.T, "Renew", err)
	wantSame(m.b.T, "positions of Renew", len(positions), cells)
	return positions
}

// next waits for the next event of this case's app.
func (m *member) next(what string) contract.AdapterEvent {
	m.b.Helper()
	for {
		e := m.nextOfAny(what)
		switch {
		case e.Lost != nil:
			m.b.Fatalf("while waiting for %s: loss without a fault: %+v", what, *e.Lost)
		case e.State == nil:
			return e
		}
		if err := m.view.take(*e.State, m.b.app); err != nil {
			m.b.Fatal(err)
		}
		if m.b.ours(e) {
			return e
		}
	}
}

// ours is whether an event is about this case's app; others may still change
// when Reap finds the dead of earlier cases.
func (b *adapterBench) ours(e contract.AdapterEvent) bool {
	return e.State == nil || e.State.Change.Key.App == b.app
}

func (m *member) nextOfAny(what string) contract.AdapterEvent {
	m.b.Helper()
	if len(m.events) == 0 {
		ctx, cancel := context.WithTimeout(m.b.Context(), patience)
		defer cancel()
		events, err := m.Receive(ctx)
		wantNil(m.b.T, "Receive while waiting for "+what, err)
		m.events = events
	}
	if len(m.events) == 0 {
		m.b.Fatalf("Receive returned no event and no error")
	}
	e := m.events[0]
	m.events = m.events[1:]
	return e
}

// quiet expects no event, of state or message, for a moment.
func (m *member) quiet(why string) {
	m.b.Helper()
	ctx, cancel := context.WithTimeout(m.b.Context(), m.b.short())
	defer cancel()
	events, _ := m.Receive(ctx)
	for _, e := range append(m.events, events...) {
		if m.b.ours(e) {
			m.b.Fatalf("%s, but an event came: %+v", why, e)
		}
	}
}
