package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// process is a plugin that answers: a child of ours, or a program that
// somebody else runs and that is never signalled.
type process struct {
	conn *grpc.ClientConn
	life *wire.Lifecycle
	// description is what the plugin says of itself.
	description wire.Description
	// open are the kinds whose driver is open, with its capabilities.
	open map[contract.Kind][]contract.Capability
	// names are the names of the open drivers.
	names map[contract.Kind]string
	// options are those that fit the plugin, spared the names of those that do not.
	options map[contract.Kind]json.RawMessage
	spared  map[contract.Kind][]string

	child  *child           // nil if attached
	client *goplugin.Client // likewise
	remove func()           // removes the private directory

	doubts chan struct{} // somebody suspects that the process hangs
	ailing chan struct{} // too many bugs in a minute

	mu   sync.Mutex
	bugs []time.Time
}

func newProcess() *process {
	return &process{
		open: map[contract.Kind][]contract.Capability{}, names: map[contract.Kind]string{}, remove: func() {},
		options: map[contract.Kind]json.RawMessage{}, spared: map[contract.Kind][]string{},
		doubts: make(chan struct{}, 1), ailing: make(chan struct{}, 1),
	}
}

// suspect asks the supervisor to find out whether the process lives.
func (p *process) suspect() { signal(p.doubts) }

// bugsToRecycle is how many internal errors within a minute end a process.
const bugsToRecycle = 5

// bug notes an internal error of the plugin.
func (p *process) bug(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bugs = slices.DeleteFunc(append(p.bugs, now), func(t time.Time) bool { return now.Sub(t) > time.Minute })
	if len(p.bugs) >= bugsToRecycle {
		p.bugs = nil
		signal(p.ailing)
	}
}

// signal puts a token into a channel with room for one.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// exited is closed when a child is gone; nil, which blocks for ever, if attached.
func (p *process) exited() <-chan struct{} {
	if p.child == nil {
		return nil
	}
	return p.child.exited
}

func (p *process) pid() int {
	if p.child == nil {
		return 0
	}
	return p.child.pid()
}

// alive asks the plugin for a sign of life.
func (p *process) alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := p.life.Describe(ctx)
	return err
}

// driver returns the description of a driver; an alias finds the driver it
// stands for.
func (p *process) driver(kind contract.Kind, name string) (wire.DriverDescription, error) {
	for _, want := range []string{name, aliases[name]} {
		for _, d := range p.description.Drivers {
			if d.Kind == kind && d.Name == want && want != "" {
				return d, nil
			}
		}
	}
	var have []string
	for _, d := range p.description.Drivers {
		have = append(have, fmt.Sprintf("%s %q", d.Kind, d.Name))
	}
	return wire.DriverDescription{}, fmt.Errorf("%s.driver %q: plugin %q (version %s) does not provide it; it provides %s",
		kind, name, p.description.Name, p.description.Version, list(have))
}

// stateful returns the kinds in use whose driver keeps state in the process.
func (p *process) stateful() []contract.Kind {
	var kinds []contract.Kind
	for _, kind := range contract.Kinds() {
		declared := slices.ContainsFunc(p.description.Drivers, func(d wire.DriverDescription) bool {
			return d.Kind == kind && d.Name == p.names[kind] && d.Stateful
		})
		if declared || slices.Contains(p.open[kind], contract.CapStateMove) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// retire ends a process in peace: what is under way may finish, then it drains,
// is told to exit, and is killed if it does not. It returns within about twice
// drainTimeout and a few seconds, and much sooner when ctx ends.
func (p *process) retire(ctx context.Context, tenants []tenant) {
	idle, cancel := context.WithTimeout(ctx, drainTimeout)
	for _, t := range tenants {
		t.idle(idle)
	}
	cancel()
	hangs := errors.Is(p.drain(ctx), contract.ErrTimeout)
	for _, t := range tenants {
		t.leave()
	}
	if p.child != nil && !hangs {
		p.child.hangUp()
		select {
		case <-p.child.exited:
		case <-ctx.Done():
		case <-time.After(lifelineTimeout):
		}
	}
	p.destroy()
}

// drain asks the plugin to finish, in the time that ctx leaves it. A program
// that somebody else runs is not asked: it may serve others.
func (p *process) drain(ctx context.Context) error {
	left := drainTimeout
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, time.Until(deadline))
	}
	if left <= 0 || p.child == nil {
		return nil
	}
	// The plugin answers at the deadline at the latest, unless it hangs.
	ctx, cancel := context.WithTimeout(ctx, left+drainGrace)
	defer cancel()
	_, err := p.life.Drain(ctx, left)
	return err
}

// kill ends a child at once, without waiting. What is attached is let alone.
func (p *process) kill() {
	if p.child != nil {
		_ = p.child.Kill(context.Background())
	}
}

// destroy ends a process at once and gives back all that it holds here. Its
// group is killed first: go-plugin's own Kill would ask a hung process and wait.
func (p *process) destroy() {
	p.kill()
	if p.pid() != 0 {
		waitFor(p.child.exited, killTimeout)
	}
	if p.conn != nil {
		_ = p.conn.Close()
	}
	if p.client != nil {
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.client.Kill()
		}()
		waitFor(done, killTimeout)
	}
	p.remove()
}

// waitFor waits for ch, at most for d, and reports whether it was closed.
func waitFor(ch <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ch:
		return true
	case <-timer.C:
		return false
	}
}
