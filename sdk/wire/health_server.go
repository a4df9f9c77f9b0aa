package wire

import (
	"context"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// How often drivers are asked for their health, and how long they may take.
const (
	checkEvery   = 5 * time.Second
	checkTimeout = 2 * time.Second
)

// healthBoard knows the state of each driver and wakes who listens.
type healthBoard struct {
	mu      sync.Mutex
	all     DriverHealth // of the plugin as a whole, if State is set
	drivers []DriverHealth
	changed chan struct{} // closed and replaced at each change
	stop    context.CancelFunc
	stopped context.Context
	checks  sync.WaitGroup
	closed  bool
}

// watch shows a driver as serving and asks it from time to time, if it can tell.
func (b *healthBoard) watch(kind contract.Kind, driver any) {
	b.set(kind, Serving, "")
	checker, ok := driver.(contract.HealthChecker)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	if b.stopped == nil {
		b.stopped, b.stop = context.WithCancel(context.Background())
	}
	ctx := b.stopped
	b.checks.Go(func() { b.check(ctx, kind, checker) })
}

func (b *healthBoard) check(ctx context.Context, kind contract.Kind, checker contract.HealthChecker) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		if err := ask(ctx, checker); ctx.Err() != nil {
			return
		} else if err != nil {
			b.set(kind, Degraded, validText(err.Error(), maxErrorText))
		} else {
			b.set(kind, Serving, "")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func ask(ctx context.Context, checker contract.HealthChecker) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicError(p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return checker.Health(ctx)
}

// set notes the state of a kind's driver, or of the whole plugin (kind "").
func (b *healthBoard) set(kind contract.Kind, state HealthState, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := DriverHealth{Kind: kind, State: state, Reason: reason}
	i := slices.IndexFunc(b.drivers, func(d DriverHealth) bool { return d.Kind == kind })
	switch {
	case kind == "" && b.all != h:
		b.all = h
	case kind != "" && i < 0:
		b.drivers = append(b.drivers, h)
	case kind != "" && b.drivers[i] != h:
		b.drivers[i] = h
	default:
		return
	}
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// now returns the present state, and a channel that is closed when it changes.
func (b *healthBoard) now() (*pb.HealthResponse, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	worst := b.all
	resp := &pb.HealthResponse{}
	for _, d := range b.drivers {
		resp.Drivers = append(resp.Drivers, &pb.DriverHealth{
			Kind: string(d.Kind), State: pb.HealthState(d.State), Reason: d.Reason,
		})
		if d.State > worst.State {
			worst = d
		}
	}
	if worst.State == 0 {
		worst.State = Starting
	}
	resp.State, resp.Reason = pb.HealthState(worst.State), worst.Reason
	return resp, b.changed
}

func (b *healthBoard) close() {
	b.set("", NotServing, "closed")
	b.mu.Lock()
	b.closed = true
	stop := b.stop
	b.mu.Unlock()
	if stop != nil {
		stop()
	}
	b.checks.Wait()
}

// Health implements the service.
func (l *lifecycleService) Health(_ *pb.HealthRequest, stream grpc.ServerStreamingServer[pb.HealthResponse]) error {
	tick := time.NewTicker(Heartbeat)
	defer tick.Stop()
	for {
		resp, changed := l.s.health.now()
		if err := stream.Send(resp); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-stream.Context().Done():
			return nil
		}
	}
}
