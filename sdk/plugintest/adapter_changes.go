package plugintest

import (
	"fmt"
	"math/rand/v2"

	"github.com/jackfield/jackfield/sdk/contract"
)

var adapterChanges = []adapterCase{
	{name: "every session hears of every change in its order, its own ones too", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		one.apply(b.here("ann"))
		two.apply(b.here("ann"), b.here("ben"))
		one.apply(b.away("ann"), b.count("c", 3))
		for _, m := range []*member{one, two} {
			m.told(one, b.here("ann"), contract.ChangeResult{First: true, Total: 1})
			m.told(two, b.here("ann"), contract.ChangeResult{Total: 1})
			m.told(two, b.here("ben"), contract.ChangeResult{First: true, Total: 2})
			m.told(one, b.away("ann"), contract.ChangeResult{Total: 2})
			m.told(one, b.count("c", 3), contract.ChangeResult{First: true, Total: 3})
		}
	}},
	{name: "what changed nothing or was refused is not told", run: func(b *adapterBench) {
		m := b.join(hold)
		refused := b.count("c", 9)
		refused.Limit = 1
		m.apply(b.away("ann"), refused, b.here("ann"), b.here("ann"))
		m.told(m, b.here("ann"), contract.ChangeResult{First: true, Total: 1})
		m.quiet("one change took place")
	}},
	{name: "a node that joins late goes on from a snapshot", run: func(b *adapterBench) {
		one := b.join(hold)
		one.apply(b.here("ann"), b.here("ben"))
		late := b.join(hold)
		key := b.presence("room")
		late.view.start(aCell, key, late.shows("ann", "ben"))
		one.apply(b.away("ann"), b.here("cid"))
		late.told(one, b.away("ann"), contract.ChangeResult{Last: true, Total: 1})
		late.told(one, b.here("cid"), contract.ChangeResult{First: true, Total: 2})
		b.agrees(late, key)
	}},
	{name: "views of all nodes agree with the state (seed 1)", run: func(b *adapterBench) { b.churn(1) }},
	{name: "views of all nodes agree with the state (seed 2)", run: func(b *adapterBench) { b.churn(2) }},
}

// told expects the next change; its sequence is checked by the view.
func (m *member) told(by *member, ch contract.Change, want contract.ChangeResult) {
	m.b.Helper()
	e := m.next(fmt.Sprintf("a change of %v", ch.Key))
	if e.State == nil {
		m.b.Fatalf("got %+v, want a change of %v", e, ch.Key)
	}
	got := *e.State
	want.Seq = got.Seq
	wantSame(m.b.T, "cell", got.Cell, aCell)
	wantSame(m.b.T, "incarnation", got.Incarnation, by.info.Incarnation)
	wantSame(m.b.T, "result", got.Result, want)
	wantSame(m.b.T, "change", wording(got.Change), wording(ch))
}

// wording writes what a change says.
func wording(ch contract.Change) string {
	info := ""
	if ch.Present {
		info = string(ch.Info)
	}
	return fmt.Sprint(ch.Key, " ", ch.User, " ", ch.Present, " ", info, " ", ch.Count)
}

// agrees expects a node's view of a key to be what a snapshot shows.
func (b *adapterBench) agrees(m *member, key contract.StateKey) {
	b.Helper()
	if diff := m.view.differs(key, m.state(key)); diff != "" {
		b.Fatal(diff)
	}
}

// churn lets four nodes change the same few users and counts at random, all at
// once, and then compares the views with the state.
func (b *adapterBench) churn(seed uint64) {
	nodes := make([]*member, 4)
	for i := range nodes {
		nodes[i] = b.join(hold)
	}
	crowd(len(nodes), func(i int) {
		dice := rand.New(rand.NewPCG(seed, uint64(i)))
		for range 100 {
			if _, err := nodes[i].try(b.randomChange(dice), b.randomChange(dice)); err != nil {
				b.Errorf("Apply: %v", err)
				return
			}
		}
	})
	last := nodes[0].state(b.presence("room")).Seq
	for _, m := range nodes {
		for m.view.seqs[aCell] < last {
			m.next(fmt.Sprint("change ", last))
		}
		b.agrees(m, b.presence("room"))
		b.agrees(m, b.counter("c"))
	}
}

func (b *adapterBench) randomChange(dice *rand.Rand) contract.Change {
	user := fmt.Sprint("user", dice.IntN(5))
	switch dice.IntN(3) {
	case 0:
		ch := b.here(user)
		ch.Limit = 3
		return ch
	case 1:
		return b.away(user)
	default:
		return b.count("c", dice.Uint32N(3))
	}
}
