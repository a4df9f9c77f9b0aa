package adapter

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackfield/jackfield/core/internal/replica"
	"github.com/jackfield/jackfield/sdk/contract"
)

// call makes a call that the machine wants, in a goroutine of its own; the
// result comes back through the mailbox.
func (n *Node) call(cmd replica.NodeCommand) {
	n.wg.Go(func() {
		switch cmd.Kind {
		case replica.Open:
			n.open(cmd)
		case replica.Close:
			n.links.close(cmd.Serial)
		default:
			if s := n.links.get(cmd.Serial); s != nil {
				n.callSession(s, cmd)
			}
		}
	})
}

// open joins the others under a new incarnation and begins to receive.
func (n *Node) open(cmd replica.NodeCommand) {
	ctx, cancel := context.WithTimeout(n.ctx, callTimeout)
	defer cancel()
	s, err := n.opts.Adapter.Open(ctx, contract.NodeInfo{
		ID: n.opts.ID, Incarnation: cmd.Incarnation, Lease: n.opts.Lease, Cells: cells, Reads: envelopes, Writes: envelopes,
	})
	if err == nil {
		n.links.add(cmd.Serial, cmd.Incarnation, s)
		n.wg.Go(func() { n.receive(cmd.Serial, s) })
	}
	n.mail.post(func(now time.Duration) { n.machine.Opened(now, cmd.Serial, err) })
	if err != nil {
		n.tried(err)
	}
}

// tried tells Start what came of the first attempt to join.
func (n *Node) tried(err error) {
	select {
	case n.first <- err:
	default:
	}
}

func (n *Node) callSession(s contract.AdapterSession, cmd replica.NodeCommand) {
	ctx, cancel := context.WithTimeout(n.ctx, callTimeout)
	defer cancel()
	switch cmd.Kind {
	case replica.Renew:
		begun := n.now()
		positions, err := s.Renew(ctx)
		n.mail.post(func(now time.Duration) {
			n.machine.Renewed(now, cmd.Serial, begun, positions, err)
			n.tried(n.machine.Fault())
		})
	case replica.Reap:
		gone, err := s.Reap(ctx)
		if len(gone) > 0 {
			n.opts.Logger.Info("gave back what dead nodes held", "nodes", gone)
		}
		n.mail.post(func(now time.Duration) { n.machine.Reaped(now, cmd.Serial, err) })
	case replica.Retire:
		err := s.Retire(ctx, cmd.Incarnation)
		n.mail.post(func(now time.Duration) { n.machine.Retired(now, cmd.Serial, cmd.Incarnation, err) })
	case replica.CellCall:
		n.callCell(ctx, s, cmd)
	}
}

func (n *Node) callCell(ctx context.Context, s contract.AdapterSession, cmd replica.NodeCommand) {
	c, call := n.machine.Cell(cmd.Cell), cmd.Command
	done := func(err error, f func(now time.Duration)) {
		n.mail.post(func(now time.Duration) { n.machine.Result(now, cmd.Serial, err, func() { f(now) }) })
	}
	switch call.Kind {
	case replica.Apply:
		v, err := s.Apply(ctx, call.Apply)
		done(err, func(now time.Duration) { c.Applied(now, call.Serial, v, err) })
	case replica.Page:
		page, err := s.Snapshot(ctx, cmd.Cell, call.Cursor)
		done(err, func(now time.Duration) { c.Paged(now, call.Serial, page, err) })
	case replica.Read:
		changes, err := s.Changes(ctx, cmd.Cell, call.After, call.Limit)
		done(err, func(now time.Duration) { c.Read(now, call.Serial, changes, err) })
	case replica.Lead:
		cursor, err := s.Lead(ctx, cmd.Cell)
		done(err, func(now time.Duration) { c.Led(now, call.Serial, cursor, err) })
	case replica.Recall:
		changes, err := s.Changes(ctx, cmd.Cell, call.After, call.Limit)
		done(err, func(now time.Duration) { c.Recalled(now, call.Serial, changes, err) })
	case replica.Advance:
		err := s.Advance(ctx, cmd.Cell, call.After, call.Resign)
		done(err, func(now time.Duration) { c.Advanced(now, call.Serial, call.After, call.Resign, err) })
	}
}

// receive takes what a session receives until it ends.
func (n *Node) receive(serial uint64, s contract.AdapterSession) {
	for {
		events, err := s.Receive(n.ctx)
		if n.ctx.Err() != nil {
			return
		}
		if err != nil {
			if errors.Is(err, context.Canceled) || errors.Is(err, contract.ErrTimeout) {
				continue
			}
			n.mail.post(func(now time.Duration) { n.machine.Ended(now, serial, err) })
			return
		}
		var inputs []input
		for _, e := range events {
			if e.Message != nil {
				n.hear(e.Message)
				continue
			}
			if e.Lost != nil {
				n.counts.lost[lostNotice].Add(1)
			}
			inputs = append(inputs, func(now time.Duration) { n.machine.Event(now, serial, e) })
		}
		if len(inputs) > 0 {
			n.mail.post(inputs...)
		}
	}
}

// links are the sessions that are open.
type links struct {
	mu      sync.Mutex
	open    map[uint64]contract.AdapterSession
	present uint64 // serial of the last one, 0: none
	self    string // its incarnation
	changed chan struct{}
}

func (l *links) add(serial uint64, incarnation string, s contract.AdapterSession) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[uint64]contract.AdapterSession{}
	}
	l.open[serial], l.present, l.self = s, serial, incarnation
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *links) get(serial uint64) contract.AdapterSession {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[serial]
}

// current returns the last session that was opened, nil if it has ended, and a
// channel that is closed when there is another one.
func (l *links) current() (s contract.AdapterSession, serial uint64, incarnation string, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[l.present], l.present, l.self, l.changed
}

func (l *links) close(serial uint64) {
	l.mu.Lock()
	s := l.open[serial]
	delete(l.open, serial)
	l.mu.Unlock()
	if s != nil {
		_ = s.Close() // it is over anyway
	}
}

// closeAll closes what is open, and waits for that as long as ctx lasts.
func (l *links) closeAll(ctx context.Context) {
	l.mu.Lock()
	open := l.open
	l.open = nil
	l.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, s := range open {
			_ = s.Close() // what it holds is given back when its lease ends
		}
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
