package plugin

import (
	"context"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// adapter is the adapter behind the plugin. A session lives in one process:
// when that ends the session's calls and Receive fail with ErrGone, and the
// node joins again under a new incarnation.
type adapter struct {
	slot *slot[*wire.Adapter]
}

var _ contract.Adapter = (*adapter)(nil)

func newAdapter(driver string, o *Options) *adapter {
	return &adapter{slot: newSlot(contract.KindAdapter, driver, busTimeout, o,
		func(cc grpc.ClientConnInterface, caps []contract.Capability) (*wire.Adapter, func() error) {
			c := wire.NewAdapter(cc, wire.ClientOptions{Capabilities: caps})
			return c, c.Close
		})}
}

// Open waits for the plugin while it is away, until ctx ends.
func (a *adapter) Open(ctx context.Context, node contract.NodeInfo) (contract.AdapterSession, error) {
	b, err := a.slot.after(ctx, nil)
	if err != nil {
		return nil, a.slot.errAway()
	}
	m := method{id: methodOpen}
	inner, err := call(ctx, a.slot, b, m, normal, func(ctx context.Context, c *wire.Adapter) (contract.AdapterSession, error) {
		return c.Open(ctx, node)
	})
	if err != nil {
		return nil, err
	}
	return &adapterSession{slot: a.slot, backend: b, inner: inner}, nil
}

// adapterSession puts the time limits on a session's commands.
type adapterSession struct {
	slot    *slot[*wire.Adapter]
	backend *backend[*wire.Adapter]
	inner   contract.AdapterSession
}

// command makes one command of the session.
func command[R any](ctx context.Context, s *adapterSession, m method, p pass, f func(context.Context) (R, error)) (R, error) {
	ctx, cancel := context.WithTimeout(ctx, s.slot.limit(m))
	defer cancel()
	return call(ctx, s.slot, s.backend, m, p, func(ctx context.Context, _ *wire.Adapter) (R, error) { return f(ctx) })
}

// act is command for those that return nothing.
func (s *adapterSession) act(ctx context.Context, m method, f func(context.Context) error) error {
	_, err := command(ctx, s, m, normal, func(ctx context.Context) (struct{}, error) { return struct{}{}, f(ctx) })
	return err
}

func (s *adapterSession) Subscribe(ctx context.Context, topics []contract.Topic) error {
	return s.act(ctx, method{id: methodSubscribe}, func(ctx context.Context) error { return s.inner.Subscribe(ctx, topics) })
}

func (s *adapterSession) Unsubscribe(ctx context.Context, topics []contract.Topic) error {
	return s.act(ctx, method{id: methodSubscribe}, func(ctx context.Context) error { return s.inner.Unsubscribe(ctx, topics) })
}

func (s *adapterSession) Publish(ctx context.Context, msgs []contract.BusMessage) error {
	return s.act(ctx, method{id: methodPublish}, func(ctx context.Context) error { return s.inner.Publish(ctx, msgs) })
}

// Apply fails at once while verdicts come too late; the others go on.
func (s *adapterSession) Apply(ctx context.Context, req contract.ApplyRequest) (contract.Verdict, error) {
	p := s.slot.breaker.allow()
	if p == refused {
		s.slot.meter.refuse(methodApply)
		return contract.Verdict{}, s.slot.errSlow()
	}
	return command(ctx, s, method{id: methodApply, timeout: verdictTimeout}, p,
		func(ctx context.Context) (contract.Verdict, error) { return s.inner.Apply(ctx, req) })
}

func (s *adapterSession) Snapshot(ctx context.Context, cell uint32, cursor string) (contract.CellPage, error) {
	return command(ctx, s, method{id: methodSnapshot}, normal,
		func(ctx context.Context) (contract.CellPage, error) { return s.inner.Snapshot(ctx, cell, cursor) })
}

func (s *adapterSession) Changes(ctx context.Context, cell uint32, after contract.Position, limit int) ([]contract.StateChange, error) {
	return command(ctx, s, method{id: methodChanges}, normal,
		func(ctx context.Context) ([]contract.StateChange, error) {
			return s.inner.Changes(ctx, cell, after, limit)
		})
}

func (s *adapterSession) Renew(ctx context.Context) ([]contract.Position, error) {
	return command(ctx, s, method{id: methodRenew}, normal, s.inner.Renew)
}

func (s *adapterSession) Retire(ctx context.Context, incarnation string) error {
	return s.act(ctx, method{id: methodRetire}, func(ctx context.Context) error { return s.inner.Retire(ctx, incarnation) })
}

func (s *adapterSession) Lead(ctx context.Context, cell uint32) (contract.Position, error) {
	return command(ctx, s, method{id: methodLead}, normal,
		func(ctx context.Context) (contract.Position, error) { return s.inner.Lead(ctx, cell) })
}

func (s *adapterSession) Advance(ctx context.Context, cell uint32, to contract.Position, resign bool) error {
	return s.act(ctx, method{id: methodAdvance}, func(ctx context.Context) error { return s.inner.Advance(ctx, cell, to, resign) })
}

func (s *adapterSession) Reap(ctx context.Context) ([]string, error) {
	return command(ctx, s, method{id: methodReap}, normal, s.inner.Reap)
}

// Receive waits as long as ctx allows.
func (s *adapterSession) Receive(ctx context.Context) ([]contract.AdapterEvent, error) {
	return s.inner.Receive(ctx)
}

func (s *adapterSession) Close() error { return s.inner.Close() }
