package plugintest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

// actions are what may happen in a world, in any order.
func (w *world) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"join":      func(*rapid.T) { w.joinOne() },
		"apply":     w.onNode(w.applySome),
		"apply too": w.onNode(w.applySome),
		"replay":    w.onNode(w.replay),
		"renew":     w.onNode(w.renew),
		"reap":      w.onNode(w.reap),
		"survive":   w.onNode(w.survive),
		"close":     w.onNode(w.closeOne),
		"follow":    w.onNode(w.follow),
		"drop":      w.onNode(func(f *follower) { w.bus.Drop(f.incarnation, rapid.IntRange(1, 5).Draw(w.t, "events")) }),
		"cut":       w.onNode(func(f *follower) { f.cut = true; w.bus.Partition(f.incarnation) }),
		"heal":      func(*rapid.T) { w.healAll() },
		"retire":    w.onNode(w.retire),
		"forget":    func(*rapid.T) { w.forget(rapid.Uint32Range(0, worldCells-1).Draw(w.t, "cell")) },
		"time":      func(*rapid.T) { w.clock.Advance(rapid.SampledFrom(steps).Draw(w.t, "step")) },
		"":          func(*rapid.T) { w.follow(w.judge) },
	}
}

var steps = []time.Duration{time.Millisecond, time.Second, worldLease / 2, worldLease}

func (w *world) onNode(act func(*follower)) func(*rapid.T) {
	return func(*rapid.T) {
		if f := w.some(); f != nil {
			act(f)
		}
	}
}

func (w *world) joinOne() {
	if len(w.nodes) < 20 {
		w.nodes = append(w.nodes, w.join(worldLease))
	}
}

func (w *world) applySome(f *follower) {
	changes := make([]contract.Change, rapid.IntRange(1, 8).Draw(w.t, "changes"))
	for i := range changes {
		changes[i] = w.change()
	}
	w.apply(f, rapid.Uint32Range(0, worldCells-1).Draw(w.t, "cell"), changes...)
}

// replay sends the last request again, as after a lost reply.
func (w *world) replay(f *follower) {
	cell := rapid.Uint32Range(0, worldCells-1).Draw(w.t, "cell")
	if f.last[cell].Version == 0 || w.fenced(f) {
		return
	}
	v, err := f.Apply(context.Background(), f.last[cell])
	if err != nil || fmt.Sprint(v) != fmt.Sprint(f.verdicts[cell]) {
		w.t.Fatalf("replayed version %d: got %v, %v, want %v", f.last[cell].Version, v, err, f.verdicts[cell])
	}
}

func (w *world) renew(f *follower) {
	_, err := f.Renew(context.Background())
	if w.fenced(f) != errors.Is(err, contract.ErrFenced) {
		w.t.Fatalf("Renew: %v, lease ended: %v", err, w.fenced(f))
	}
	if err == nil {
		f.leaseEnds = w.clock.Now().Add(worldLease)
	}
}

// reap must name dead nodes only, two seconds after the end of their leases.
func (w *world) reap(f *follower) {
	dead, err := f.Reap(context.Background())
	if err != nil && !(w.fenced(f) && errors.Is(err, contract.ErrFenced)) {
		w.t.Fatalf("Reap: %v", err)
	}
	for _, incarnation := range dead {
		for _, other := range w.nodes {
			if other.incarnation == incarnation && w.clock.Now().Sub(other.leaseEnds) <= 2*time.Second {
				w.t.Fatalf("Reap removed %s, whose lease ended at %v, at %v", incarnation, other.leaseEnds, w.clock.Now())
			}
		}
		w.release(incarnation)
	}
}

// survive lets a node renew while time goes by, and then look for the dead.
func (w *world) survive(f *follower) {
	for range rapid.IntRange(4, 8).Draw(w.t, "renewals") {
		w.clock.Advance(worldLease / 4)
		w.renew(f)
	}
	w.reap(f)
}

// retire removes an earlier session, which may still be open.
func (w *world) retire(f *follower) {
	old := rapid.SampledFrom(w.nodes).Draw(w.t, "old")
	err := f.Retire(context.Background(), old.incarnation)
	switch {
	case old == f:
		if !errors.Is(err, contract.ErrInvalid) {
			w.t.Fatalf("Retire of itself: %v", err)
		}
		return
	case w.fenced(f):
		if !errors.Is(err, contract.ErrFenced) {
			w.t.Fatalf("Retire by a fenced node: %v", err)
		}
		return
	case err != nil:
		w.t.Fatalf("Retire: %v", err)
	}
	w.release(old.incarnation)
	old.leaseEnds = w.clock.Now().Add(-time.Hour)
}

func (w *world) closeOne(f *follower) {
	if !w.fenced(f) {
		w.release(f.incarnation)
	}
	if err := f.Close(); err != nil {
		w.t.Fatalf("Close: %v", err)
	}
	f.closed = true
}

func (w *world) healAll() {
	for _, f := range w.nodes {
		f.cut = false
		w.bus.Heal(f.incarnation)
	}
}

// forget empties a cell; what stood there is no longer true.
func (w *world) forget(cell uint32) {
	w.follow(w.judge)
	w.bus.Forget(cell)
	clear(w.truth[cell])
	for _, f := range append(w.nodes, w.judge) {
		f.versions[cell], f.last[cell] = 0, contract.ApplyRequest{}
	}
}
