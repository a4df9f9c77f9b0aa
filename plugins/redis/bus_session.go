package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// How often silent pub/sub connections are asked for a sign of life, how long
// Close may take to give back and a fenced node to end its lease, and how many
// cells there may be.
const (
	busPingEvery  = 2 * time.Second
	busLeaveLimit = 2 * time.Second
	busYieldLimit = time.Second
	busMostCells  = 1 << 12
)

// busSession is one node's membership.
type busSession struct {
	bus   *bus
	node  contract.NodeInfo
	keys  busKeys
	inbox *busInbox
	lanes []*busLane // commands of a cell go through one of them, in their order
	lines []*busLine // pub/sub connections; every cell has one
	cells []busCell
	clock busTime

	life   context.Context // ends with Close
	end    context.CancelFunc
	closed atomic.Bool
	fenced atomic.Bool  // a cell said so; then it is true of all
	away   atomic.Int64 // lines that are down

	mu      sync.Mutex
	stopped bool // nothing may be added to work
	work    sync.WaitGroup
}

// busCell is what a session knows of a cell.
type busCell struct {
	epoch  atomic.Uint64 // the newest one heard of
	joined atomic.Uint64 // the one in which the session joined, 0 before
	track  busTrack      // touched by the reader of the cell's line only
}

var _ contract.AdapterSession = (*busSession)(nil)

// Open implements contract.Adapter.
func (b *bus) Open(ctx context.Context, node contract.NodeInfo) (contract.AdapterSession, error) {
	s, err := b.open(ctx, node)
	if err != nil {
		return nil, fmt.Errorf("open session %q of node %q: %w", node.Incarnation, node.ID, err)
	}
	return s, nil
}

func (b *bus) open(ctx context.Context, node contract.NodeInfo) (*busSession, error) {
	if node.ID == "" || node.Incarnation == "" || node.Lease < time.Millisecond || node.Cells == 0 || node.Cells > busMostCells {
		return nil, fmt.Errorf("it needs an id, an incarnation, a lease and 1 to %d cells: %w", busMostCells, contract.ErrInvalid)
	}
	keys := newBusKeys(b.prefix, node.Cells)
	if err := b.checkSchema(ctx, keys, node.Cells); err != nil {
		return nil, err
	}
	s := &busSession{bus: b, node: node, keys: keys, inbox: newBusInbox(&b.counts.lost), cells: make([]busCell, node.Cells)}
	s.clock.lease = node.Lease
	s.life, s.end = context.WithCancel(context.Background())
	s.start()
	err := s.hears(ctx)
	if err == nil {
		err = s.join(ctx)
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	b.counts.sessions.Add(1)
	return s, nil
}

// start begins to listen. On a cluster each cell has its own connection, and
// its own lane: a master that is slow holds up nobody else's cells.
func (s *busSession) start() {
	all := make([]uint32, s.node.Cells)
	for n := range all {
		all[n] = uint32(n)
	}
	lanes, groups := busLanes, [][]uint32{all}
	if s.bus.sharded() {
		lanes, groups = len(all), nil
		for n := range all {
			groups = append(groups, all[n:n+1])
		}
	}
	for range min(lanes, len(all)) {
		s.lanes = append(s.lanes, newBusLane(s))
	}
	for _, cells := range groups {
		s.lines = append(s.lines, newBusLine(s, cells))
	}
	for _, l := range s.lines {
		s.spawn(l.run)
	}
	s.spawn(s.ping)
}

// spawn starts a goroutine that stop waits for, unless that has begun.
func (s *busSession) spawn(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		s.work.Go(f)
	}
	return !s.stopped
}

// hears waits until changes of all cells arrive.
func (s *busSession) hears(ctx context.Context) error {
	for n := range s.node.Cells {
		if err := s.lineOf(n).await(ctx, s.keys.state(n)); err != nil {
			return s.bus.commands.explain(err)
		}
	}
	return nil
}

// ping looks after silent connections until the session ends.
func (s *busSession) ping() {
	tick := time.NewTicker(busPingEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.life.Done():
			return
		case <-tick.C:
			for _, l := range s.lines {
				l.look()
			}
		}
	}
}

func (s *busSession) laneOf(cell uint32) *busLane { return s.lanes[int(cell)%len(s.lanes)] }

func (s *busSession) lineOf(cell uint32) *busLine { return s.lines[int(cell)%len(s.lines)] }

// begin starts a command: its context ends with ctx, with the session, and after
// the driver's own deadline. end turns the command's error into one of the contract.
func (s *busSession) begin(ctx context.Context, cells ...uint32) (_ context.Context, end func(*error), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if s.closed.Load() {
		return nil, nil, contract.ErrClosed
	}
	for _, n := range cells {
		if n >= s.node.Cells {
			return nil, nil, fmt.Errorf("cell %d of %d: %w", n, s.node.Cells, contract.ErrInvalid)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, s.bus.timeout)
	stop := context.AfterFunc(s.life, cancel)
	return ctx, func(err *error) {
		stop()
		cancel()
		if *err != nil && s.closed.Load() {
			*err = contract.ErrClosed
		}
	}, nil
}

// beginLeased starts a command for which the lease must run.
func (s *busSession) beginLeased(ctx context.Context, cells ...uint32) (_ context.Context, end func(*error), err error) {
	ctx, end, err = s.begin(ctx, cells...)
	if err == nil && s.fenced.Load() {
		err = s.errFenced()
		end(&err)
	}
	return ctx, end, err
}

func (s *busSession) errFenced() error {
	return fmt.Errorf("the lease of %q has ended: %w", s.node.Incarnation, contract.ErrFenced)
}

// Receive implements contract.AdapterSession.
func (s *busSession) Receive(ctx context.Context) ([]contract.AdapterEvent, error) {
	return s.inbox.take(ctx)
}

// Close gives back what the node holds, if Redis answers within two seconds, and
// ends the session.
func (s *busSession) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.bus.counts.sessions.Add(-1)
	s.end()
	ctx, cancel := context.WithTimeout(context.Background(), busLeaveLimit)
	defer cancel()
	_, err := s.cellByCell(ctx, "leave")
	if err != nil && !errors.Is(err, contract.ErrFenced) {
		s.bus.logger.Warn("What this node holds could not be given back; others do so when its lease has ended", "err", err)
	}
	s.stop()
	return nil
}

// stop ends all goroutines of the session and waits for them.
func (s *busSession) stop() {
	s.closed.Store(true)
	s.end()
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.work.Wait()
	s.inbox.close()
}
