package plugin

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
)

// backend is one open driver in one process.
type backend[T any] struct {
	client   T
	close    func() error
	caps     []contract.Capability
	process  *process
	underway atomic.Int64
	left     atomic.Bool // out of service for good; its state may be elsewhere
}

// slot is where the facade of one kind finds the present backend. While the
// plugin is away it is empty.
type slot[T any] struct {
	kind    contract.Kind
	driver  string
	timeout time.Duration // of most operations
	open    func(grpc.ClientConnInterface, []contract.Capability) (T, func() error)
	logger  hclog.Logger
	clock   Clock
	breaker breaker
	meter   meter
	misses  atomic.Int32

	present atomic.Pointer[backend[T]]
	mu      sync.Mutex
	changed chan struct{} // closed when present changes
	shut    bool          // the host was stopped
}

func newSlot[T any](kind contract.Kind, driver string, timeout time.Duration, o *Options,
	open func(grpc.ClientConnInterface, []contract.Capability) (T, func() error),
) *slot[T] {
	return &slot[T]{
		kind: kind, driver: driver, timeout: timeout, open: open,
		logger: o.Logger, clock: o.Clock, breaker: breaker{clock: o.Clock}, changed: make(chan struct{}),
	}
}

// seat is a slot as the supervisor sees it.
type seat interface {
	// put makes the driver that process has opened the present one, in place of
	// the one before, which it returns.
	put(process *process, caps []contract.Capability) (before tenant)
	// take empties the slot if process fills it.
	take(process *process) tenant
	// end says that nothing will be put here any more.
	end()
	slow() bool
	capabilities() []contract.Capability
	samples() []contract.Sample
}

// tenant is what was taken out of a slot. A nil tenant is none.
type tenant interface {
	// idle waits until no operation is under way, or ctx ends.
	idle(ctx context.Context)
	// leave ends what is still under way, and what comes late; it may be called again.
	leave()
}

func (s *slot[T]) put(p *process, caps []contract.Capability) tenant {
	client, closer := s.open(p.conn, caps)
	before := s.swap(&backend[T]{client: client, close: closer, caps: caps, process: p})
	s.breaker.reset()
	s.misses.Store(0)
	return asTenant(before)
}

func (s *slot[T]) take(p *process) tenant {
	b := s.present.Load()
	if b == nil || b.process != p {
		return nil
	}
	return asTenant(s.swap(nil))
}

func (s *slot[T]) swap(b *backend[T]) *backend[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.present.Swap(b)
	close(s.changed)
	s.changed = make(chan struct{})
	return before
}

func (s *slot[T]) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *slot[T]) slow() bool { return s.breaker.isOpen() }

func (s *slot[T]) samples() []contract.Sample { return s.meter.samples(s.kind) }

// capabilities returns those of the present driver, nil while it is away.
func (s *slot[T]) capabilities() []contract.Capability {
	if b := s.present.Load(); b != nil {
		return b.caps
	}
	return nil
}

func asTenant[T any](b *backend[T]) tenant {
	if b == nil {
		return nil
	}
	return b
}

func (b *backend[T]) idle(ctx context.Context) {
	for b.underway.Load() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (b *backend[T]) leave() {
	b.left.Store(true)
	_ = b.close()
}

// view returns the present backend, if any, a channel that is closed when that
// changes, and whether the host was stopped.
func (s *slot[T]) view() (*backend[T], <-chan struct{}, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.present.Load(), s.changed, s.shut
}

// after waits until a backend other than old is present. It returns
// ErrClosed once the host is stopped, ErrTimeout when ctx ends.
func (s *slot[T]) after(ctx context.Context, old *backend[T]) (*backend[T], error) {
	for {
		b, changed, shut := s.view()
		switch {
		case b != nil && b != old:
			return b, nil
		case shut:
			return nil, contract.ErrClosed
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", contract.ErrTimeout, ctx.Err())
		case <-changed:
		}
	}
}

// streamPause is the wait before a stream that broke is opened again at a
// backend that is still there.
const streamPause = time.Second

// pause waits until b is no longer present, or streamPause.
func (s *slot[T]) pause(ctx context.Context, b *backend[T]) {
	present, changed, _ := s.view()
	if present != b {
		return
	}
	select {
	case <-ctx.Done():
	case <-changed:
	case <-s.clock.After(streamPause):
	}
}

// errAway and errSlow are what operations get without a call.
func (s *slot[T]) errAway() error {
	return fmt.Errorf("%w: %s driver %q is being restarted", contract.ErrUnavailable, s.kind, s.driver)
}

func (s *slot[T]) errSlow() error {
	return fmt.Errorf("%w: %s driver %q is too slow, it is asked once a second only", contract.ErrUnavailable, s.kind, s.driver)
}
