package plugintest

import (
	"context"

	"github.com/jackfield/jackfield/sdk/contract"
)

var adapterOpen = []adapterCase{
	{name: "a session outlives the context of Open", run: func(b *adapterBench) {
		ctx, cancel := context.WithCancel(b.Context())
		s, err := b.adapter.Open(ctx, b.nodeInfo(hold))
		wantNil(b.T, "Open", err)
		b.Cleanup(func() { _ = s.Close() })
		cancel()
		_, err = s.Renew(b.Context())
		wantNil(b.T, "Renew", err)
	}},
	{name: "a node with another number of cells is refused", run: func(b *adapterBench) {
		b.join(hold)
		info := b.nodeInfo(hold)
		info.Cells = 2 * cells
		_, err := b.adapter.Open(b.Context(), info)
		wantErr(b.T, "Open", err, contract.ErrInvalid)
	}},
	{name: "a node that writes what the others cannot read is refused", run: func(b *adapterBench) {
		b.join(hold)
		info := b.nodeInfo(hold)
		info.Reads, info.Writes = 9, 9
		_, err := b.adapter.Open(b.Context(), info)
		wantErr(b.T, "Open", err, contract.ErrInvalid)
		info.Writes = 1
		b.joinAs(info)
	}},
	{name: "after Close the session is closed, for commands and for a Receive that waits", run: func(b *adapterBench) {
		m := b.join(hold)
		back := make(chan error, 1)
		go func() { _, err := m.Receive(b.Context()); back <- err }()
		wantNil(b.T, "Close", m.Close())
		wantErr(b.T, "Receive", promptly(b.T, "Receive", func() error { return <-back }), contract.ErrClosed)
		_, err := m.Receive(b.Context())
		wantErr(b.T, "Receive", err, contract.ErrClosed)
		_, err = m.try(b.here("ann"))
		wantErr(b.T, "Apply", err, contract.ErrClosed)
		_, err = m.Renew(b.Context())
		wantErr(b.T, "Renew", err, contract.ErrClosed)
		_ = m.Close()
	}},
	{name: "Close gives back all that the node holds", run: func(b *adapterBench) {
		one, two := b.join(hold), b.join(hold)
		one.apply(b.here("ann"), b.here("ben"), b.count("c", 4))
		two.apply(b.here("ben"), b.count("c", 1))
		wantNil(b.T, "Close", one.Close())
		b.until("the holdings given back", func() bool { return two.state(b.counter("c")).Total == 1 })
		two.shows("ben")
		two.does(b.away("ben"), contract.ChangeResult{Seq: 1, Last: true})
		two.does(b.count("c", 0), contract.ChangeResult{Seq: 1, Last: true})
	}},
	{name: "commands whose context has ended return", run: func(b *adapterBench) {
		m := b.join(hold)
		ctx := over(b.T)
		for what, call := range map[string]func() error{
			"Subscribe":   func() error { return m.Subscribe(ctx, []contract.Topic{b.topic("t")}) },
			"Unsubscribe": func() error { return m.Unsubscribe(ctx, []contract.Topic{b.topic("t")}) },
			"Publish":     func() error { return m.Publish(ctx, []contract.BusMessage{{Topic: b.topic("t")}}) },
			"Snapshot":    func() error { _, err := m.Snapshot(ctx, aCell, ""); return err },
			"Changes":     func() error { _, err := m.Changes(ctx, aCell, contract.Position{}, 1); return err },
			"Retire":      func() error { return m.Retire(ctx, "another") },
			"Lead":        func() error { _, err := m.Lead(ctx, aCell); return err },
			"Advance":     func() error { return m.Advance(ctx, aCell, contract.Position{}, false) },
			"Renew":       func() error { _, err := m.Renew(ctx); return err },
			"Reap":        func() error { _, err := m.Reap(ctx); return err },
			"Receive":     func() error { _, err := m.Receive(ctx); return err },
		} {
			wantKnown(b.T, what, promptly(b.T, what, call))
		}
		m.does(b.here("ann"), contract.ChangeResult{Seq: 1, First: true, Total: 1})
	}},
}
