package plugintest

import (
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

var adapterRead = []adapterCase{
	{name: "a snapshot has every holding of every node once, over all pages", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		const users = 2500
		for n := 0; n < users; n += 500 {
			var some []contract.Change
			for i := range 500 {
				some = append(some, b.here(fmt.Sprint("user", n+i)))
			}
			one.apply(some...)
		}
		two.apply(b.here("user7"), b.count("c", 3))
		seen := map[string]int{}
		for _, h := range b.holdings(two) {
			seen[fmt.Sprint(h.Key.Name, " ", h.User, " ", h.Incarnation == one.info.Incarnation, " ", h.Count)]++
		}
		wantSame(b.T, "holdings", len(seen), users+2)
		for _, h := range []string{"room user0 true 0", "room user2499 true 0", "room user7 false 0", "c  false 3"} {
			wantSame(b.T, h, seen[h], 1)
		}
	}},
	{name: "a holding carries the info of the first holder", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		other := b.here("ann")
		other.Info = []byte("of another node")
		one.apply(b.here("ann"))
		two.apply(other)
		for _, h := range b.holdings(one) {
			wantSame(b.T, "info", string(h.Info), string(b.here("ann").Info))
		}
	}},
	{name: "what stays is in a snapshot, whatever comes and goes between its pages", run: func(b *adapterBench) {
		m := b.join(hold)
		const users = 2500
		for n := 0; n < users; n += 500 {
			var some []contract.Change
			for i := range 500 {
				some = append(some, b.here(fmt.Sprintf("user%04d", n+i)))
			}
			m.apply(some...)
		}
		seen, gone := map[string]bool{}, 0
		for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
			page, err := m.Snapshot(b.Context(), aCell, cursor)
			wantNil(b.T, "Snapshot", err)
			for _, h := range page.Holdings {
				seen[h.User] = true
			}
			cursor = page.Next
			for range 20 { // every second of the first ones
				m.apply(b.away(fmt.Sprintf("user%04d", 2*gone)), b.here(fmt.Sprint("new", gone)))
				gone++
			}
		}
		for i := range users {
			if stayed := i%2 == 1 || i >= 2*gone; stayed && !seen[fmt.Sprintf("user%04d", i)] {
				b.Fatalf("user%04d was there all the time and is on no page", i)
			}
		}
	}},
	{name: "a snapshot of an unknown cell is invalid", run: func(b *adapterBench) {
		_, err := b.join(hold).Snapshot(b.Context(), cells, "")
		wantErr(b.T, "Snapshot", err, contract.ErrInvalid)
	}},
}

// holdings reads all pages of the usual cell and returns those of this case.
func (b *adapterBench) holdings(m *member) []contract.Holding {
	b.Helper()
	var all []contract.Holding
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		page, err := m.Snapshot(b.Context(), aCell, cursor)
		wantNil(b.T, "Snapshot", err)
		for _, h := range page.Holdings {
			if h.Key.App == b.app {
				all = append(all, h)
			}
		}
		cursor = page.Next
	}
	return all
}

var adapterLog = []adapterCase{
	{name: "the log repeats what was told, in pieces of any size", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		start := two.renew()[aCell]
		one.apply(b.here("ann"), b.here("ben"), b.count("c", 1))
		two.apply(b.here("ben"), b.count("c", 2))
		one.apply(b.away("ben"), b.away("ann"))
		var told []contract.StateChange
		for range 7 {
			told = append(told, *two.next("a change").State)
		}
		for _, limit := range []int{1, 3, 7, 1000} {
			wantSame(b.T, "log", recount(b.read(one, start, limit)), recount(told))
		}
		for n, c := range told {
			rest, err := one.Changes(b.Context(), aCell, c.Position(), 1000)
			wantNil(b.T, "Changes", err)
			wantSame(b.T, "changes left", len(rest), 6-n)
		}
	}},
	{name: "a change has the backend's time, and times do not fall", run: func(b *adapterBench) {
		m := b.join(hold)
		m.apply(b.here("ann"), b.here("ben"))
		first, second := *m.next("ann").State, *m.next("ben").State
		wantSame(b.T, "no time", first.Time.IsZero(), false)
		wantSame(b.T, "the second is earlier", second.Time.Before(first.Time), false)
	}},
	{name: "the log does not answer for places it does not know", run: func(b *adapterBench) {
		m := b.join(hold)
		m.apply(b.here("ann"))
		at := m.renew()[aCell]
		for _, after := range []contract.Position{{Epoch: at.Epoch, Seq: at.Seq + 1}, {Epoch: at.Epoch + 1}, {Epoch: at.Epoch - 1, Seq: at.Seq}} {
			_, err := m.Changes(b.Context(), aCell, after, 10)
			wantErr(b.T, fmt.Sprint("Changes after ", after), err, contract.ErrNotFound)
		}
		_, err := m.Changes(b.Context(), cells, at, 10)
		wantErr(b.T, "Changes of an unknown cell", err, contract.ErrInvalid)
	}},
	{name: "Renew tells where the cells stand", run: func(b *adapterBench) {
		m := b.join(hold)
		before := m.renew()
		v, err := m.tryIn(3, b.here("ann"))
		wantNil(b.T, "Apply", err)
		after := m.renew()
		wantSame(b.T, "the cell that changed", after[3], contract.Position{Epoch: v.Epoch, Seq: v.Results[0].Seq})
		wantSame(b.T, "the one before it", before[3], contract.Position{Epoch: v.Epoch, Seq: v.Results[0].Seq - 1})
		wantSame(b.T, "another cell", after[4], before[4])
	}},
}

// read reads the log of the usual cell to its end.
func (b *adapterBench) read(m *member, after contract.Position, limit int) []contract.StateChange {
	b.Helper()
	var all []contract.StateChange
	for {
		some, err := m.Changes(b.Context(), aCell, after, limit)
		wantNil(b.T, "Changes", err)
		if len(some) > limit {
			b.Fatalf("Changes returned %d changes, the limit was %d", len(some), limit)
		}
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
		after = some[len(some)-1].Position()
	}
}

// recount writes what changes say.
func recount(changes []contract.StateChange) string {
	var s string
	for _, c := range changes {
		s += fmt.Sprintln(c.Cell, c.Position(), c.Time.UnixMilli(), c.Incarnation, wording(c.Change), c.Result)
	}
	return s
}
