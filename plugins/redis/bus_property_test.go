package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

const (
	twinCells = 2
	twinLease = 4 * time.Second
)

// twins are a reference bus and one on Redis that are told the same and must
// answer the same.
type twins struct {
	t     *rapid.T
	ctx   context.Context
	clock *busClockwork
	buses [2]contract.Adapter
	nodes []*twin
	all   []*twin // closed ones too
}

// twin is one node, on both.
type twin struct {
	name     string
	sessions [2]contract.AdapterSession
	versions [twinCells]uint64
	last     [twinCells]contract.ApplyRequest
}

// GoString names a node in what rapid prints.
func (n *twin) GoString() string { return n.name }

// both gives the same command to both sides and compares what they say, and how
// they fail.
func (w *twins) both(what string, f func(side int) (any, error)) (any, error) {
	var said [2]any
	var errs [2]error
	for side := range said {
		said[side], errs[side] = f(side)
	}
	for _, known := range []error{contract.ErrFenced, contract.ErrConflict, contract.ErrInvalid, contract.ErrNotFound, contract.ErrClosed} {
		if errors.Is(errs[0], known) != errors.Is(errs[1], known) {
			w.t.Fatalf("%s: the reference says %v, the driver %v", what, errs[0], errs[1])
		}
	}
	if (errs[0] == nil) != (errs[1] == nil) {
		w.t.Fatalf("%s: the reference says %v, the driver %v", what, errs[0], errs[1])
	}
	if diff := cmp.Diff(said[0], said[1]); errs[0] == nil && diff != "" {
		w.t.Fatalf("%s (-reference +driver):\n%s", what, diff)
	}
	return said[0], errs[0]
}

func (w *twins) some() *twin {
	if len(w.nodes) == 0 {
		return nil
	}
	return rapid.SampledFrom(w.nodes).Draw(w.t, "node")
}

func (w *twins) cell() uint32 { return rapid.Uint32Range(0, twinCells-1).Draw(w.t, "cell") }

func (w *twins) join() {
	if len(w.all) >= 8 {
		return
	}
	n := &twin{name: fmt.Sprint("inc", len(w.all))}
	info := contract.NodeInfo{ID: "node", Incarnation: n.name, Lease: twinLease, Cells: twinCells, Reads: 1, Writes: 1}
	_, err := w.both("Open", func(side int) (any, error) {
		var err error
		n.sessions[side], err = w.buses[side].Open(w.ctx, info)
		return nil, err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.nodes, w.all = append(w.nodes, n), append(w.all, n)
}

func (w *twins) change() contract.Change {
	app := rapid.SampledFrom([]string{"app", "a:b"}).Draw(w.t, "app")
	limit := rapid.Uint32Range(0, 3).Draw(w.t, "limit")
	if rapid.Bool().Draw(w.t, "presence") {
		return contract.Change{
			Key:     contract.StateKey{Kind: contract.StatePresence, App: app, Name: "room"},
			User:    rapid.SampledFrom([]string{"", "ann", "ben", "cid", "7:x"}).Draw(w.t, "user"),
			Info:    rapid.SampledFrom([][]byte{{}, []byte("x"), {0, 255, '\n'}}).Draw(w.t, "info"),
			Present: rapid.Bool().Draw(w.t, "present"), Limit: limit,
		}
	}
	return contract.Change{
		Key:   contract.StateKey{Kind: contract.StateCount, App: app},
		Count: rapid.Uint32Range(0, 3).Draw(w.t, "count"), Limit: limit,
	}
}

// results leaves out the epoch, which only one of the buses takes from a clock.
func results(v contract.Verdict, err error) (any, error) { return v.Results, err }

func (w *twins) apply(n *twin) {
	cell := w.cell()
	n.versions[cell]++
	n.last[cell] = contract.ApplyRequest{Cell: cell, Version: n.versions[cell]}
	for range rapid.IntRange(1, 6).Draw(w.t, "changes") {
		n.last[cell].Changes = append(n.last[cell].Changes, w.change())
	}
	w.replay(n, cell)
}

func (w *twins) replay(n *twin, cell uint32) {
	if n.last[cell].Version == 0 {
		return
	}
	_, _ = w.both("Apply", func(side int) (any, error) { return results(n.sessions[side].Apply(w.ctx, n.last[cell])) })
}

func (w *twins) renew(n *twin) {
	_, _ = w.both("Renew", func(side int) (any, error) {
		positions, err := n.sessions[side].Renew(w.ctx)
		var seqs []uint64
		for _, p := range positions {
			seqs = append(seqs, p.Seq)
		}
		return seqs, err
	})
}

func (w *twins) reap(n *twin) {
	_, _ = w.both("Reap", func(side int) (any, error) {
		gone, err := n.sessions[side].Reap(w.ctx)
		return fmt.Sprint(gone), err
	})
}

func (w *twins) survive(n *twin) {
	for range 5 {
		w.clock.Advance(twinLease / 4)
		w.renew(n)
	}
	w.reap(n)
}

func (w *twins) retire(n *twin) {
	other := rapid.SampledFrom(w.all).Draw(w.t, "retired")
	_, _ = w.both("Retire", func(side int) (any, error) { return nil, n.sessions[side].Retire(w.ctx, other.name) })
}

func (w *twins) lead(n *twin) {
	cell, seq := w.cell(), rapid.Uint64Range(0, 9).Draw(w.t, "seq")
	resign := rapid.Bool().Draw(w.t, "resign")
	_, _ = w.both("Lead", func(side int) (any, error) { return first(n.sessions[side].Lead(w.ctx, cell)) })
	_, _ = w.both("Advance", func(side int) (any, error) {
		return nil, n.sessions[side].Advance(w.ctx, cell, contract.Position{Epoch: 1, Seq: seq}, resign)
	})
}

func first[A any](a A, err error) (any, error) { return a, err }

func (w *twins) close(n *twin) {
	_, _ = w.both("Close", func(side int) (any, error) { return nil, n.sessions[side].Close() })
	w.nodes = slices.DeleteFunc(w.nodes, func(o *twin) bool { return o == n })
}

// holdings compares what is held in a cell.
func (w *twins) holdings(n *twin) {
	cell := w.cell()
	_, _ = w.both("Snapshot", func(side int) (any, error) {
		var all []string
		for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
			page, err := n.sessions[side].Snapshot(w.ctx, cell, cursor)
			if err != nil {
				return nil, err
			}
			for _, h := range page.Holdings {
				all = append(all, fmt.Sprintf("%v %q %q %s %d", h.Key, h.User, h.Info, h.Incarnation, h.Count))
			}
			cursor = page.Next
		}
		slices.Sort(all)
		return all, nil
	})
}

// log compares the logs of a cell from some place on.
func (w *twins) log(n *twin) {
	cell, seq := w.cell(), rapid.Uint64Range(0, 20).Draw(w.t, "after")
	_, _ = w.both("Changes", func(side int) (any, error) {
		page, err := n.sessions[side].Snapshot(w.ctx, cell, "")
		if err != nil {
			return nil, err
		}
		changes, err := n.sessions[side].Changes(w.ctx, cell, contract.Position{Epoch: page.Position.Epoch, Seq: seq}, 5)
		return told(changes), err
	})
}

// told writes what changes say.
func told(changes []contract.StateChange) (all []string) {
	for _, c := range changes {
		all = append(all, fmt.Sprintf("%d %d %d %s %v %q %q %v %d %+v", c.Cell, c.Seq, c.Time.UnixMilli(), c.Incarnation,
			c.Change.Key, c.Change.User, c.Change.Info, c.Change.Present, c.Change.Count, c.Result))
	}
	return all
}

// heard compares what both sides of a node received, cell by cell.
func (w *twins) heard(n *twin) {
	want := w.received(n.sessions[0], 0)
	sum := 0
	for _, changes := range want {
		sum += len(changes)
	}
	if diff := cmp.Diff(want, w.received(n.sessions[1], sum)); diff != "" {
		w.t.Fatalf("what %s received (-reference +driver):\n%s", n.name, diff)
	}
}

// received takes n events, or all that are there if n is 0.
func (w *twins) received(s contract.AdapterSession, n int) map[uint32][]string {
	all, got := map[uint32][]string{}, 0
	for more := true; more; more = n == 0 || got < n {
		ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
		if n == 0 {
			cancel()
			ctx, cancel = context.WithTimeout(w.ctx, 2*time.Millisecond)
		}
		events, err := s.Receive(ctx)
		cancel()
		for _, e := range events {
			if e.State == nil {
				w.t.Fatalf("an event that is no change: %+v", e)
			}
			all[e.State.Cell] = append(all[e.State.Cell], told([]contract.StateChange{*e.State})...)
			got++
		}
		if err != nil {
			break
		}
	}
	return all
}

func (w *twins) on(act func(*twin)) func(*rapid.T) {
	return func(*rapid.T) {
		if n := w.some(); n != nil {
			act(n)
		}
	}
}

func TestBusAnswersAsTheReference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBus(t, busAt(toStandalone(standalone())))
		w := &twins{t: rt, ctx: t.Context(), clock: onTestClock(t, b, twinCells)}
		w.buses = [2]contract.Adapter{plugintest.NewReferenceBus(w.clock), b}
		defer func() {
			for _, n := range slices.Clone(w.nodes) {
				w.close(n)
			}
		}()
		w.join()
		rt.Repeat(map[string]func(*rapid.T){
			"join": func(*rapid.T) { w.join() }, "apply": w.on(w.apply), "apply too": w.on(w.apply),
			"replay": w.on(func(n *twin) { w.replay(n, w.cell()) }), "renew": w.on(w.renew), "reap": w.on(w.reap),
			"survive": w.on(w.survive), "retire": w.on(w.retire), "lead": w.on(w.lead), "close": w.on(w.close),
			"holdings": w.on(w.holdings), "log": w.on(w.log),
			"time": func(*rapid.T) {
				w.clock.Advance(rapid.SampledFrom([]time.Duration{1, 1000, 2000, 4000}).Draw(rt, "ms") * time.Millisecond)
			},
		})
		for _, n := range w.nodes {
			w.heard(n)
		}
	})
}
