package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

const busCells = 8

// busNode is one node of a test: a session and what it has done.
type busNode struct {
	contract.AdapterSession
	t        testing.TB
	info     contract.NodeInfo
	versions [busCells]uint64
	lost     map[uint32]bool // cells of which a loss was told
	waiting  []contract.AdapterEvent
}

// joinBus opens a session which the test closes.
func joinBus(t testing.TB, b *bus, lease time.Duration) *busNode {
	t.Helper()
	n := &busNode{t: t, lost: map[uint32]bool{}, info: contract.NodeInfo{
		ID: "node-" + rand.Text()[:6], Incarnation: "inc-" + rand.Text(), Lease: lease, Cells: busCells, Reads: 1, Writes: 1,
	}}
	n.open(b)
	return n
}

// open joins, as soon as Redis lets it.
func (n *busNode) open(b *bus) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		s, err := b.Open(ctx, n.info)
		if err == nil {
			n.AdapterSession = s
			n.t.Cleanup(func() { _ = s.Close() })
			return
		}
		if ctx.Err() != nil {
			n.t.Fatalf("Open: %v", err)
		}
	}
}

func busTopic(cell uint32, name string) contract.Topic {
	return contract.Topic{Cell: cell, Name: name}
}

// listens subscribes to a topic in every cell.
func (n *busNode) listens(name string) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for cell := range uint32(busCells) {
		if err := n.Subscribe(ctx, []contract.Topic{busTopic(cell, name)}); err != nil {
			n.t.Fatalf("Subscribe: %v", err)
		}
	}
}

// says publishes until Redis has taken it.
func (n *busNode) says(cell uint32, name, body string) {
	n.t.Helper()
	n.until("Publish", func(ctx context.Context) error {
		return n.Publish(ctx, []contract.BusMessage{{Topic: busTopic(cell, name), Body: []byte(body)}})
	})
}

// until calls f until it succeeds.
func (n *busNode) until(what string, f func(context.Context) error) {
	n.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		err := f(ctx)
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("%s: %v", what, err)
		}
	}
}

// next returns the next event that is no loss; losses are noted.
func (n *busNode) next(ctx context.Context) (contract.AdapterEvent, error) {
	for {
		for len(n.waiting) > 0 {
			e := n.waiting[0]
			n.waiting = n.waiting[1:]
			if e.Lost == nil {
				return e, nil
			}
			n.note(e.Lost)
		}
		events, err := n.Receive(ctx)
		if err != nil {
			return contract.AdapterEvent{}, err
		}
		n.waiting = events
	}
}

func (n *busNode) note(l *contract.Lost) {
	n.t.Logf("%s lost something in cells %v: %s", n.info.ID, l.Cells, l.Reason)
	for cell := range uint32(busCells) {
		if len(l.Cells) == 0 || slices.Contains(l.Cells, cell) {
			n.lost[cell] = true
		}
	}
}

// hears waits for a message of a cell and passes over all other events.
func (n *busNode) hears(cell uint32, name, body string) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		e, err := n.next(ctx)
		if err != nil {
			n.t.Fatalf("while waiting for %q in cell %d: %v", body, cell, err)
		}
		if m := e.Message; m != nil && m.Topic == busTopic(cell, name) && string(m.Body) == body {
			return
		}
	}
}

// hearsOnceMore has from say something in a cell until n has heard of it: n may
// be between two connections.
func (n *busNode) hearsOnceMore(from *busNode, cell uint32, name string) {
	n.t.Helper()
	for i, deadline := 0, time.Now().Add(patience); ; i++ {
		body := fmt.Sprint("again ", i)
		from.says(cell, name, body)
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		for {
			e, err := n.next(ctx)
			if err != nil {
				break
			}
			if m := e.Message; m != nil && m.Topic == busTopic(cell, name) && string(m.Body) == body {
				cancel()
				return
			}
		}
		cancel()
		if time.Now().After(deadline) {
			n.t.Fatalf("nothing is heard in cell %d any more", cell)
		}
	}
}

// tellsLoss waits until a loss in a cell was told.
func (n *busNode) tellsLoss(cell uint32) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !n.lost[cell] {
		events, err := n.Receive(ctx)
		if err != nil {
			n.t.Fatalf("while waiting for a loss in cell %d: %v", cell, err)
		}
		for _, e := range events {
			if e.Lost != nil {
				n.note(e.Lost)
			} else {
				n.waiting = append(n.waiting, e)
			}
		}
	}
}

// enter is a user who comes to the room of a cell.
func (n *busNode) enter(cell uint32, user string) contract.ApplyRequest {
	n.versions[cell]++
	return contract.ApplyRequest{Cell: cell, Version: n.versions[cell], Changes: []contract.Change{{
		Key:  contract.StateKey{Kind: contract.StatePresence, App: "app", Name: "room"},
		User: user, Info: []byte(user), Present: true,
	}}}
}

// enters applies until Redis answers.
func (n *busNode) enters(cell uint32, user string) contract.Verdict {
	n.t.Helper()
	var v contract.Verdict
	req := n.enter(cell, user)
	n.until("Apply", func(ctx context.Context) (err error) {
		v, err = n.Apply(ctx, req)
		return err
	})
	return v
}

// users are those of a cell, each with how many nodes hold it.
func (n *busNode) users(cell uint32) map[string]int {
	n.t.Helper()
	users := map[string]int{}
	n.until("Snapshot", func(ctx context.Context) error {
		clear(users)
		for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
			page, err := n.Snapshot(ctx, cell, cursor)
			if err != nil {
				return err
			}
			for _, h := range page.Holdings {
				users[h.User]++
			}
			cursor = page.Next
		}
		return nil
	})
	return users
}
