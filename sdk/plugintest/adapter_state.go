package plugintest

import (
	"fmt"
	"sync/atomic"

	"github.com/jackfield/jackfield/sdk/contract"
)

var adapterPresence = []adapterCase{
	{name: "the first node that holds a user is told so, and the last that lets go", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		one.does(b.here("ann"), contract.ChangeResult{Seq: 1, First: true, Total: 1})
		two.does(b.here("ann"), contract.ChangeResult{Seq: 1, Total: 1})
		one.does(b.away("ann"), contract.ChangeResult{Seq: 1, Total: 1})
		two.does(b.away("ann"), contract.ChangeResult{Seq: 1, Last: true})
		one.shows()
	}},
	{name: "saying again what is so changes nothing", run: func(b *adapterBench) {
		m := b.join(hold)
		m.does(b.away("ann"), contract.ChangeResult{})
		m.does(b.here("ann"), contract.ChangeResult{Seq: 1, First: true, Total: 1})
		m.does(b.here("ann"), contract.ChangeResult{Total: 1})
		m.does(b.away("ann"), contract.ChangeResult{Seq: 1, Last: true})
		m.does(b.away("ann"), contract.ChangeResult{})
	}},
	{name: "the info of a user is that of the first holder", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		other := b.here("ann")
		other.Info = []byte("of another node")
		one.apply(b.here("ann"))
		two.apply(other)
		one.apply(b.away("ann"))
		if st := two.shows("ann"); st.Users["ann"] != string(b.here("ann").Info) {
			b.Fatalf("info: got %q", st.Users["ann"])
		}
		two.apply(b.away("ann"))
		two.apply(other)
		if st := two.shows("ann"); st.Users["ann"] != string(other.Info) {
			b.Fatalf("info after ann came anew: got %q", st.Users["ann"])
		}
	}},
	{name: "channels, apps and kinds are kept apart", run: func(b *adapterBench) {
		m := b.join(hold)
		elsewhere, other := b.here("ann"), b.here("ann")
		elsewhere.Key.Name = "another room"
		other.Key.App = unique("app-")
		for _, ch := range []contract.Change{b.here("ann"), elsewhere, other} {
			m.does(ch, contract.ChangeResult{Seq: 1, First: true, Total: 1})
		}
		m.does(b.count("room", 3), contract.ChangeResult{Seq: 1, First: true, Total: 3})
		m.does(b.away("ann"), contract.ChangeResult{Seq: 1, Last: true})
		wantSame(b.T, "total elsewhere", m.state(elsewhere.Key).Total, 1)
	}},
	{name: "a limit refuses one user more, and changes nothing", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		limited := func(user string) contract.Change {
			ch := b.here(user)
			ch.Limit = 2
			return ch
		}
		one.does(limited("ann"), contract.ChangeResult{Seq: 1, First: true, Total: 1})
		two.does(limited("ben"), contract.ChangeResult{Seq: 1, First: true, Total: 2})
		one.does(limited("cid"), contract.ChangeResult{Refused: true, Total: 2})
		one.does(limited("ben"), contract.ChangeResult{Seq: 1, Total: 2})
		two.shows("ann", "ben")
		one.does(b.away("ann"), contract.ChangeResult{Seq: 1, Last: true, Total: 1})
		one.does(limited("cid"), contract.ChangeResult{Seq: 1, First: true, Total: 2})
	}},
	{name: "16 nodes in one moment have one first, and one last", run: func(b *adapterBench) {
		nodes := make([]*member, 16)
		for i := range nodes {
			nodes[i] = b.join(hold)
		}
		for range 10 {
			firsts := b.together(nodes, b.here("ann"), func(r contract.ChangeResult) bool { return r.First })
			wantSame(b.T, "firsts", firsts, 1)
			lasts := b.together(nodes, b.away("ann"), func(r contract.ChangeResult) bool { return r.Last })
			wantSame(b.T, "lasts", lasts, 1)
		}
	}},
}

var adapterCounts = []adapterCase{
	{name: "counts of nodes add up, and each is what its node said last", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		one.does(b.count("c", 3), contract.ChangeResult{Seq: 1, First: true, Total: 3})
		two.does(b.count("c", 4), contract.ChangeResult{Seq: 1, Total: 7})
		one.does(b.count("c", 1), contract.ChangeResult{Seq: 1, Total: 5})
		one.does(b.count("c", 1), contract.ChangeResult{Total: 5})
		two.does(b.count("c", 0), contract.ChangeResult{Seq: 1, Total: 1})
		wantSame(b.T, "total", two.state(b.counter("c")).Total, 1)
		one.does(b.count("c", 0), contract.ChangeResult{Seq: 1, Last: true})
	}},
	{name: "a limit refuses a higher sum, and changes nothing", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		limited := func(n uint32) contract.Change {
			ch := b.count("c", n)
			ch.Limit = 5
			return ch
		}
		one.does(limited(3), contract.ChangeResult{Seq: 1, First: true, Total: 3})
		two.does(limited(3), contract.ChangeResult{Refused: true, Total: 3})
		two.does(limited(2), contract.ChangeResult{Seq: 1, Total: 5})
		one.does(limited(4), contract.ChangeResult{Refused: true, Total: 5})
		one.does(limited(1), contract.ChangeResult{Seq: 1, Total: 3})
	}},
	{name: "16 nodes in one moment never exceed a limit", run: func(b *adapterBench) {
		nodes := make([]*member, 16)
		for i := range nodes {
			nodes[i] = b.join(hold)
		}
		ch := b.count("c", 1)
		ch.Limit = 5
		fits := b.together(nodes, ch, func(r contract.ChangeResult) bool { return !r.Refused })
		wantSame(b.T, "nodes that fit", fits, 5)
		wantSame(b.T, "total", nodes[0].state(b.counter("c")).Total, 5)
	}},
}

// together applies one change on all nodes at once and counts some results.
func (b *adapterBench) together(nodes []*member, ch contract.Change, counts func(contract.ChangeResult) bool) int64 {
	b.Helper()
	var n atomic.Int64
	crowd(len(nodes), func(i int) {
		v, err := nodes[i].try(ch)
		if err != nil || len(v.Results) != 1 {
			b.Errorf("Apply: %v, %d results", err, len(v.Results))
			return
		}
		if counts(v.Results[0]) {
			n.Add(1)
		}
	})
	return n.Load()
}

var adapterApply = []adapterCase{
	{name: "a repeated version is answered again and not executed again", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		req := contract.ApplyRequest{Cell: aCell, Version: 1, Changes: []contract.Change{b.here("ann"), b.count("c", 2)}}
		first, err := one.Apply(b.Context(), req)
		wantNil(b.T, "Apply", err)
		two.apply(b.here("ann"))
		again, err := one.Apply(b.Context(), req)
		wantNil(b.T, "Apply again", err)
		wantSame(b.T, "answer", fmt.Sprint(again), fmt.Sprint(first))
	}},
	{name: "an old version does not undo a newer one", run: func(b *adapterBench) {
		m := b.join(hold)
		in, out := []contract.Change{b.here("ann")}, []contract.Change{b.away("ann")}
		for v, changes := range [][]contract.Change{in, out, in, out} {
			_, err := m.Apply(b.Context(), contract.ApplyRequest{Cell: aCell, Version: uint64(v + 1), Changes: changes})
			wantNil(b.T, "Apply", err)
		}
		_, _ = m.Apply(b.Context(), contract.ApplyRequest{Cell: aCell, Version: 3, Changes: in})
		m.shows()
	}},
	{name: "each cell has versions and a sequence of its own", run: func(b *adapterBench) {
		m := b.join(hold)
		for cell := range uint32(3) {
			v, err := m.tryIn(cell, b.here("ann"), b.here("ben"))
			wantNil(b.T, "Apply", err)
			wantSame(b.T, "step of the sequence", v.Results[1].Seq-v.Results[0].Seq, 1)
			wantSame(b.T, "first", v.Results[0].First, true)
		}
	}},
	{name: "a change refused in a set leaves the others alone", run: func(b *adapterBench) {
		m := b.join(hold)
		refused := b.here("ben")
		refused.Limit = 1
		res := m.apply(b.here("ann"), refused, b.count("c", 2))
		wantSame(b.T, "refused", fmt.Sprint(res[0].Refused, res[1].Refused, res[2].Refused), "false true false")
		m.shows("ann")
		wantSame(b.T, "total", m.state(b.counter("c")).Total, 2)
	}},
	{name: "an unknown cell or kind is invalid", run: func(b *adapterBench) {
		m := b.join(hold)
		_, err := m.tryIn(cells, b.here("ann"))
		wantErr(b.T, "Apply in an unknown cell", err, contract.ErrInvalid)
		_, err = m.try(contract.Change{Key: contract.StateKey{App: b.app, Name: "room"}, User: "ann", Present: true})
		wantErr(b.T, "Apply of an unknown kind", err, contract.ErrInvalid)
		m.shows()
	}},
}
