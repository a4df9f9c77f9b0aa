package plugin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Host runs the plugins of one server. Its methods may be called at the same time.
type Host struct {
	supervisors []*supervisor
	seats       map[contract.Kind]seat
	runDir      *runDir // nil if nothing was started

	apps    *appManager
	cache   *cache
	queue   *queue
	limiter *rateLimiter
	adapter *adapter

	cancel  context.CancelFunc
	wg      sync.WaitGroup
	stopped sync.Once
}

// Start starts all plugins that the choices need, side by side, and returns
// when each of them is configured: within 30 seconds, with all problems at
// once if there are any. Nothing is left behind then. A driver whose backend is
// away counts as configured and shows as Degraded, except the app manager's,
// which must answer; one that is still being prepared is waited for. The host runs until Stop, whatever happens to ctx.
func Start(ctx context.Context, o Options) (*Host, error) {
	o.setDefaults()
	catalog, err := readCatalog(o.Dir)
	if err != nil {
		return nil, err
	}
	units, err := resolver{catalog: catalog, plugins: o.Plugins}.plan(o.Choices)
	if err != nil {
		return nil, err
	}
	lock, err := openLock(o.LockFile, o.Dir)
	if err != nil {
		return nil, err
	}
	h := &Host{seats: map[contract.Kind]seat{}}
	l := &launcher{lock: lock, logger: o.Logger, clock: o.Clock}
	if spawns(units) {
		if h.runDir, err = openRunDir(o.RunDir); err != nil {
			return nil, err
		}
		l.runDir = h.runDir
	}
	h.makeFacades(&o)
	for _, u := range units {
		h.supervisors = append(h.supervisors, newSupervisor(u, l, &o, h.seatsOf(u)))
	}
	if err := h.start(ctx); err != nil {
		return nil, err
	}
	return h, nil
}

// spawns is whether a process must be started for any of the units.
func spawns(units []*unit) bool {
	for _, u := range units {
		if u.path != "" {
			return true
		}
	}
	return false
}

func (h *Host) makeFacades(o *Options) {
	for kind, choice := range o.Choices {
		switch kind {
		case contract.KindAppManager:
			h.apps = newAppManager(choice.Driver, o)
			h.seats[kind] = h.apps.slot
		case contract.KindCache:
			h.cache = newCache(choice.Driver, o)
			h.seats[kind] = h.cache.slot
		case contract.KindQueue:
			h.queue = newQueue(choice.Driver, o)
			h.seats[kind] = h.queue.slot
		case contract.KindRateLimiter:
			h.limiter = newRateLimiter(choice.Driver, o)
			h.seats[kind] = h.limiter.slot
		case contract.KindAdapter:
			h.adapter = newAdapter(choice.Driver, o)
			h.seats[kind] = h.adapter.slot
		}
	}
}

func (h *Host) seatsOf(u *unit) map[contract.Kind]seat {
	seats := map[contract.Kind]seat{}
	for kind := range u.choices {
		seats[kind] = h.seats[kind]
	}
	return seats
}

// start runs the supervisors and waits for their first result.
func (h *Host) start(ctx context.Context) error {
	life, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	bound, stop := context.WithTimeout(ctx, startTimeout)
	defer stop()
	results := make(chan error, len(h.supervisors))
	for _, s := range h.supervisors {
		h.wg.Go(func() { s.run(life, results) })
	}
	if h.queue != nil {
		h.wg.Go(func() { h.queue.flushLoop(life) })
	}
	var problems []error
	for range h.supervisors {
		select {
		case err := <-results:
			problems = append(problems, err)
		case <-bound.Done():
			problems = append(problems, fmt.Errorf("plugins did not start in time: %w", bound.Err()))
		}
		if bound.Err() != nil {
			break
		}
	}
	err := errors.Join(problems...)
	if err != nil {
		farewell, end := context.WithTimeout(context.Background(), killTimeout)
		defer end()
		_ = h.Stop(farewell)
	}
	return err
}

// AppManager returns the app manager, nil if no plugin serves one. Like all
// facades it outlives restarts of the plugin; while the plugin is away its
// operations fail at once with ErrUnavailable. It satisfies
// contract.AppWriter and AppWatcher too; what the driver lacks is ErrUnsupported.
func (h *Host) AppManager() contract.AppManager {
	if h.apps == nil {
		return nil
	}
	return h.apps
}

// Cache returns the cache, nil if no plugin serves one, with all optional
// interfaces of a cache.
func (h *Host) Cache() contract.Cache {
	if h.cache == nil {
		return nil
	}
	return h.cache
}

// Queue returns the queue, nil if no plugin serves one. Jobs enqueued while it
// is away are kept in memory, see Options.Spill. It satisfies
// contract.DeadLetters too; its consumers outlive restarts of the plugin.
func (h *Host) Queue() contract.Queue {
	if h.queue == nil {
		return nil
	}
	return h.queue
}

// SharedLimiter is what RateLimiter returns. Lease answers ErrUnsupported if the
// driver lacks it.
type SharedLimiter interface {
	contract.RateLimiter
	contract.RateLeaser
}

// RateLimiter returns the limiter, nil if no plugin serves one.
func (h *Host) RateLimiter() SharedLimiter {
	if h.limiter == nil {
		return nil
	}
	return h.limiter
}

// Adapter returns the adapter, nil if no plugin serves one. Its sessions end
// with the plugin's process.
func (h *Host) Adapter() contract.Adapter {
	if h.adapter == nil {
		return nil
	}
	return h.adapter
}

// Capabilities returns those of a kind's driver; nil while it is away.
func (h *Host) Capabilities(kind contract.Kind) []contract.Capability {
	if seat, ok := h.seats[kind]; ok {
		return seat.capabilities()
	}
	return nil
}

// Upgrade replaces the process of a plugin without an interruption: it starts
// the program that stands at the plugin's path now, with new choices for some
// kinds or the present ones (nil), puts it into service, and ends the old one
// when it is idle. A plugin with state in its process hands it over and is away
// for that moment. On an error the old process goes on.
func (h *Host) Upgrade(ctx context.Context, plugin string, choices map[contract.Kind]Choice) error {
	var problems []error
	found := false
	for _, s := range h.supervisors {
		if s.plugin == plugin {
			found = true
			problems = append(problems, s.ask(ctx, choices))
		}
	}
	if !found {
		return fmt.Errorf("upgrade plugin %q: %w", plugin, contract.ErrNotFound)
	}
	return errors.Join(problems...)
}

// AdoptLogLevel has the plugins log what the host's logger passes on now; it
// waits for them until ctx ends. Those that start later do so anyway.
func (h *Host) AdoptLogLevel(ctx context.Context) {
	var wg sync.WaitGroup
	for _, s := range h.supervisors {
		s.mu.Lock()
		p := s.process
		s.mu.Unlock()
		if p != nil {
			wg.Go(func() { p.adoptLogLevel(ctx, s.logger.GetLevel()) })
		}
	}
	wg.Wait()
}

// FlushQueue waits until the queue has taken all jobs that were kept while it
// was away. The error says how many are left.
func (h *Host) FlushQueue(ctx context.Context) error {
	if h.queue == nil {
		return nil
	}
	return h.queue.spill.wait(ctx)
}

// stopTimeout bounds a Stop whose context has no deadline.
const stopTimeout = 20 * time.Second

// Stop hands kept jobs to the queue, drains the plugins, ends them, and removes
// the run directory. It returns soon after ctx has ended at the latest, with
// every process of the host gone. Calls after the first return nil at once.
func (h *Host) Stop(ctx context.Context) error {
	var err error
	h.stopped.Do(func() { err = h.stop(ctx) })
	return err
}

func (h *Host) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	err := h.closeQueue(ctx)
	for _, s := range h.supervisors {
		s.bid(ctx)
	}
	h.cancel()
	h.wg.Wait()
	for _, seat := range h.seats {
		seat.end()
	}
	if h.runDir != nil {
		h.runDir.close()
	}
	return err
}

// closeQueue spends at most half of the time on jobs that were kept. The error
// says how many are lost.
func (h *Host) closeQueue(ctx context.Context) error {
	if h.queue == nil {
		return nil
	}
	deadline, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, time.Until(deadline)/2)
	defer cancel()
	_ = h.queue.spill.wait(ctx) // close says the same
	return h.queue.spill.close()
}
