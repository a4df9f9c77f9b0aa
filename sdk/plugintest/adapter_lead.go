package plugintest

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// ledCell is a cell that no case has led before in the same way: cursors outlive
// cases, so they are compared with what Lead returned.
const ledCell = 9

var adapterLead = []adapterCase{
	{name: "one node leads a cell, until it resigns", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		one.leads(ledCell)
		one.leads(ledCell)
		two.leads(ledCell + 1)
		_, err := two.Lead(b.Context(), ledCell)
		wantErr(b.T, "Lead of a cell that is led", err, contract.ErrConflict)
		wantErr(b.T, "Advance of a cell that another leads", two.Advance(b.Context(), ledCell, contract.Position{}, false), contract.ErrConflict)
		wantNil(b.T, "Advance with resign", one.Advance(b.Context(), ledCell, contract.Position{}, true))
		wantErr(b.T, "Advance after resigning", one.Advance(b.Context(), ledCell, contract.Position{}, false), contract.ErrConflict)
		two.leads(ledCell)
	}},
	{name: "the cursor moves forward only, and the next leader finds it", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		was := one.leads(ledCell)
		at := contract.Position{Epoch: was.Epoch + 1, Seq: 5}
		wantNil(b.T, "Advance", one.Advance(b.Context(), ledCell, at, false))
		wantNil(b.T, "Advance to an older place", one.Advance(b.Context(), ledCell, contract.Position{Epoch: at.Epoch, Seq: 4}, false))
		wantNil(b.T, "Advance to an older epoch", one.Advance(b.Context(), ledCell, contract.Position{Epoch: was.Epoch, Seq: 99}, true))
		wantSame(b.T, "cursor", two.leads(ledCell), at)
		next := contract.Position{Epoch: at.Epoch + 1, Seq: 1}
		wantNil(b.T, "Advance to a newer epoch", two.Advance(b.Context(), ledCell, next, false))
		wantSame(b.T, "cursor", two.leads(ledCell), next)
	}},
	{name: "of 16 nodes in one moment one leads", run: func(b *adapterBench) {
		nodes := make([]*member, 16)
		for i := range nodes {
			nodes[i] = b.join(hold)
		}
		var won atomic.Int64
		crowd(len(nodes), func(i int) {
			switch _, err := nodes[i].Lead(b.Context(), ledCell); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, contract.ErrConflict):
				b.Errorf("Lead: %v", err)
			}
		})
		wantSame(b.T, "leaders", won.Load(), 1)
	}},
	{name: "a leader that leaves or loses its lease leads no more", run: func(b *adapterBench) {
		left, dead, next := b.join(hold), b.join(nodeLease), b.join(hold)
		left.leads(ledCell)
		wantNil(b.T, "Close", left.Close())
		b.until("the cell has no leader", func() bool { _, err := dead.Lead(b.Context(), ledCell); return err == nil })
		b.fences(dead)
		_, err := dead.Lead(b.Context(), ledCell)
		wantErr(b.T, "Lead by a fenced node", err, contract.ErrFenced)
		wantErr(b.T, "Advance by a fenced node", dead.Advance(b.Context(), ledCell, contract.Position{}, false), contract.ErrFenced)
		next.leads(ledCell)
	}},
}

func (m *member) leads(cell uint32) contract.Position {
	m.b.Helper()
	at, err := m.Lead(m.b.Context(), cell)
	wantNil(m.b.T, "Lead", err)
	return at
}

var adapterRetire = []adapterCase{
	{name: "a node retires its earlier session at once", run: func(b *adapterBench) {
		old, other := b.join(hold), b.join(hold)
		old.apply(b.here("ann"), b.here("ben"), b.count("c", 2))
		info := old.info
		info.Incarnation = unique("inc-")
		again := b.joinAs(info)
		again.apply(b.here("ann"))
		wantNil(b.T, "Retire", again.Retire(b.Context(), old.info.Incarnation))
		other.shows("ann")
		wantSame(b.T, "total", other.state(b.counter("c")).Total, 0)
		_, err := old.try(b.here("cid"))
		wantErr(b.T, "Apply by the retired session", err, contract.ErrFenced)
		wantNil(b.T, "Retire again", again.Retire(b.Context(), old.info.Incarnation))
		wantNil(b.T, "Retire of one that never was", again.Retire(b.Context(), unique("inc-")))
		wantErr(b.T, "Retire of itself", again.Retire(b.Context(), info.Incarnation), contract.ErrInvalid)
		again.does(b.away("ann"), contract.ChangeResult{Seq: 1, Last: true})
	}},
	{name: "a session whose lease ended is retired before two seconds have passed", run: func(b *adapterBench) {
		old := b.join(nodeLease)
		old.apply(b.here("ann"))
		b.fences(old)
		info := old.info
		info.Incarnation, info.Lease = unique("inc-"), time.Hour
		again := b.joinAs(info)
		wantNil(b.T, "Retire", again.Retire(b.Context(), old.info.Incarnation))
		again.shows()
	}},
}
