package plugintest

import (
	"slices"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var adapterLease = []adapterCase{
	{name: "a node that renews keeps its lease", run: func(b *adapterBench) {
		m := b.join(nodeLease)
		m.apply(b.here("ann"))
		for range 10 {
			b.pass(nodeLease / 2)
			m.renew()
		}
		m.does(b.here("ben"), contract.ChangeResult{Seq: 1, First: true, Total: 2})
	}},
	{name: "a node whose lease has ended is fenced and changes nothing", run: func(b *adapterBench) {
		m, other := b.join(nodeLease), b.join(hold)
		m.apply(b.here("ann"))
		b.fences(m)
		_, err := m.try(b.away("ann"), b.here("ben"), b.count("c", 1))
		wantErr(b.T, "Apply", err, contract.ErrFenced)
		other.shows("ann")
		wantSame(b.T, "total", other.state(b.counter("c")).Total, 0)
	}},
	{name: "a lease holds to its end", run: func(b *adapterBench) {
		if !b.simulated() {
			b.Log("left out: in real time the end cannot be met exactly")
			return
		}
		m := b.join(nodeLease)
		b.pass(nodeLease - time.Millisecond)
		m.does(b.here("ann"), contract.ChangeResult{Seq: 1, First: true, Total: 1})
		b.pass(time.Millisecond)
		_, err := m.try(b.here("ben"))
		wantErr(b.T, "Apply at the end of the lease", err, contract.ErrFenced)
	}},
	{name: "a fenced node comes back under a new incarnation only", run: func(b *adapterBench) {
		m := b.join(nodeLease)
		b.join(hold)
		b.fences(m)
		_, err := m.Renew(b.Context())
		wantErr(b.T, "Renew", err, contract.ErrFenced)
		_ = m.Close()
		_, err = b.adapter.Open(b.Context(), m.info)
		wantErr(b.T, "Open with the old incarnation", err, contract.ErrFenced)
		info := m.info
		info.Incarnation = unique("inc-")
		b.joinAs(info).does(b.here("ann"), contract.ChangeResult{Seq: 1, First: true, Total: 1})
	}},
}

// fences lets the lease of a node end.
func (b *adapterBench) fences(m *member) {
	b.Helper()
	b.after(nodeLease, "the end of the lease", func() bool {
		_, err := m.try(b.count("probe", 0))
		if err != nil {
			wantErr(b.T, "Apply", err, contract.ErrFenced)
		}
		return err != nil
	})
}

var adapterReap = []adapterCase{
	{name: "the holdings of a dead node are removed, and all are told", run: func(b *adapterBench) {
		dead, alive := b.join(nodeLease), b.join(nodeLease)
		dead.apply(b.here("ann"), b.here("ben"), b.count("c", 2))
		alive.apply(b.here("ben"))
		wantSame(b.T, "incarnation", b.reapsAfter(alive, nodeLease+2*time.Second), dead.info.Incarnation)
		alive.shows("ben")
		wantSame(b.T, "total", alive.state(b.counter("c")).Total, 0)
		last := alive.state(b.counter("c")).Seq
		for alive.view.seqs[aCell] < last {
			alive.next("the changes of Reap")
		}
		b.agrees(alive, b.presence("room"))
		alive.does(b.away("ben"), contract.ChangeResult{Seq: 1, Last: true})
		b.nothingToReap(alive)
	}},
	{name: "a lease that ended less than two seconds ago is not reaped", run: func(b *adapterBench) {
		if !b.simulated() {
			b.Log("left out: in real time the moment cannot be met")
			return
		}
		dead, alive := b.join(nodeLease), b.join(nodeLease)
		dead.apply(b.here("ann"))
		b.keepAlive(alive, nodeLease+2*time.Second)
		b.nothingToReap(alive)
		alive.shows("ann")
		b.keepAlive(alive, time.Millisecond)
		b.reaps(alive, dead)
	}},
	{name: "a node that was away itself reaps nobody for a whole lease", run: func(b *adapterBench) {
		if !b.simulated() {
			b.Log("left out: in real time the moment cannot be met")
			return
		}
		dead, away := b.join(nodeLease), b.join(4*nodeLease)
		dead.apply(b.here("ann"))
		b.keepAlive(away, 4*nodeLease)
		again := b.join(nodeLease)
		again.apply(b.here("ben"))
		b.pass(3 * nodeLease) // longer than the others' leases and two seconds, and no renewal
		away.renew()
		b.nothingToReap(away)
		b.keepAlive(away, 4*nodeLease-time.Millisecond)
		b.nothingToReap(away)
		b.keepAlive(away, time.Millisecond)
		b.reaps(away, dead, again)
	}},
	{name: "a node that lives, or left, is not reaped", run: func(b *adapterBench) {
		left, lives, alive := b.join(nodeLease), b.join(hold), b.join(nodeLease)
		lives.apply(b.here("ann"))
		wantNil(b.T, "Close", left.Close())
		if !b.simulated() {
			b.nothingToReap(alive)
			return
		}
		b.keepAlive(alive, 5*nodeLease)
		b.nothingToReap(alive)
		alive.shows("ann")
	}},
	{name: "a fenced node reaps nobody", run: func(b *adapterBench) {
		m := b.join(nodeLease)
		b.fences(m)
		incarnations, err := m.Reap(b.Context())
		if len(incarnations) > 0 {
			b.Fatalf("Reap of a fenced node removed %v, %v", incarnations, err)
		}
	}},
}

// keepAlive lets d go by while a node renews four times in a lease.
func (b *adapterBench) keepAlive(m *member, d time.Duration) {
	b.Helper()
	for d > 0 {
		step := min(d, m.info.Lease/4)
		b.pass(step)
		d -= step
		m.renew()
	}
}

// reapsAfter keeps a node alive until it has reaped one other, and returns that.
func (b *adapterBench) reapsAfter(m *member, d time.Duration) string {
	b.Helper()
	var removed []string
	b.keepAliveSimulated(m, d)
	b.after(time.Millisecond, "a reaped node", func() bool {
		m.renew()
		removed = append(removed, b.reap(m)...)
		return len(removed) > 0
	})
	wantSame(b.T, "nodes reaped", len(removed), 1)
	return removed[0]
}

func (b *adapterBench) keepAliveSimulated(m *member, d time.Duration) {
	b.Helper()
	if b.simulated() {
		b.keepAlive(m, d)
	}
}

// reap returns which nodes of this case were removed.
func (b *adapterBench) reap(m *member) []string {
	b.Helper()
	got, err := m.Reap(b.Context())
	wantNil(b.T, "Reap", err)
	return slices.DeleteFunc(got, func(incarnation string) bool { return !b.joined[incarnation] })
}

func (b *adapterBench) nothingToReap(m *member) {
	b.Helper()
	b.reaps(m)
}

func (b *adapterBench) reaps(m *member, dead ...*member) {
	b.Helper()
	got := b.reap(m)
	var want []string
	for _, d := range dead {
		want = append(want, d.info.Incarnation)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.Fatalf("Reap removed %v, want %v", got, want)
	}
}
