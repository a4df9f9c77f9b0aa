package apps

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

var (
	// ErrUnknown says that there is no such app: close code 4001, HTTP 404.
	ErrUnknown = errors.New("app does not exist")
	// ErrUnavailable says that the store could not be asked: try again.
	ErrUnavailable = errors.New("app store is not available")
)

// Options of a Registry. Zero values mean what the comments say.
type Options struct {
	// Manager is the store. nil only if Complete.
	Manager contract.AppManager
	// Complete says that Replace gives all apps that there are: nothing expires
	// and Manager is never asked.
	Complete bool
	// Defaults are the limits of apps that do not say otherwise.
	Defaults Limits
	// AllowMissingOrigin admits clients without an Origin header to apps that
	// have a list of origins.
	AllowMissingOrigin bool
	// AlwaysAsk has every look-up ask the store; the copies are used only while it
	// is down.
	AlwaysAsk bool
	// SoftTTL is the time after which the store is asked again; 5 minutes.
	SoftTTL time.Duration
	// HardTTL is how long a copy may serve when the store is down; 1 hour.
	HardTTL time.Duration
	// Shared is where nodes keep copies of apps for each other; nil: nowhere. It
	// is not used with AlwaysAsk.
	Shared SharedCache
	// MissesPerSecond bounds how often the store is asked for apps that it does
	// not have; 100. While more come, apps that are not held are ErrUnavailable.
	MissesPerSecond int
	// AbsentTTL and MaxAbsent bound the memory of apps that do not exist;
	// 5 seconds and 10 000 names.
	AbsentTTL time.Duration
	MaxAbsent int
	// Timeout of one question to the store; 2 seconds.
	Timeout time.Duration
	// Now is the clock; time.Now.
	Now func() time.Time
	// Logger learns of a store that cannot be watched or read; none.
	Logger hclog.Logger
}

// SoftTTL is the default of Options.SoftTTL.
const SoftTTL = 5 * time.Minute

func (o Options) withDefaults() Options {
	setDefault(&o.SoftTTL, SoftTTL)
	setDefault(&o.HardTTL, time.Hour)
	setDefault(&o.AbsentTTL, 5*time.Second)
	setDefault(&o.MaxAbsent, 10_000)
	setDefault(&o.MissesPerSecond, 100)
	if o.AlwaysAsk {
		o.Shared = nil
	}
	setDefault(&o.Timeout, 2*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Registry is the first and usually only place where an app is looked up.
type Registry struct {
	opts  Options
	start time.Time

	ids, keys *table
	absent    *absent
	changes   sync.Mutex // one change of ids, keys and handles at a time

	flights *flights
	guard   *guard
	woken   chan struct{} // one waiting call of the sweeper
	told    atomic.Uint64 // changes that were told, of any app
	closing chan struct{} // closed by Close
	closed  sync.Once
	hurried chan struct{} // one for each refresh that does not wait for the sweeper

	local atomic.Pointer[func(contract.AppChange)] // learns of changes made here
	calls [callResults]atomic.Uint64               // of the store
}

// New makes a Registry that knows no app yet.
func New(opts Options) *Registry {
	opts = opts.withDefaults()
	return &Registry{
		opts:    opts,
		start:   opts.Now(),
		ids:     newTable(),
		keys:    newTable(),
		absent:  newAbsent(opts.AbsentTTL, opts.MaxAbsent),
		flights: newFlights(),
		guard:   newGuard(opts.MissesPerSecond),
		closing: make(chan struct{}),
		hurried: make(chan struct{}, refreshers),
		woken:   make(chan struct{}, 1),
	}
}

// Len is the number of apps held.
func (r *Registry) Len() int { return int(r.ids.size.Load()) }

// Close waits for questions to the store that are under way; later look-ups of
// apps that are not held fail with ErrUnavailable. It may be called twice.
func (r *Registry) Close() {
	r.closed.Do(func() { close(r.closing) })
	r.flights.close()
}

// Held returns the handle of an app that is held here, nil for any other. The
// store is never asked, and the app may be older than the store's.
func (r *Registry) Held(id string) *Handle { return r.ids.get(id) }

// ByID returns the app with this id, ErrUnknown or ErrUnavailable (also when ctx
// ends first). It returns at once if the app is held, else when the store has
// answered.
func (r *Registry) ByID(ctx context.Context, id string) (*Handle, error) {
	h := r.ids.get(id)
	if h != nil && h.Load().Gone {
		h = nil
	}
	return r.find(ctx, h, query{name: id})
}

// ByKey is ByID for the public key.
func (r *Registry) ByKey(ctx context.Context, key string) (*Handle, error) {
	h := r.keys.get(key)
	if h != nil && !h.is(key) {
		h = nil
	}
	return r.find(ctx, h, query{name: key, byKey: true})
}

// find answers from what is held (h, may be nil) or asks the store.
func (r *Registry) find(ctx context.Context, h *Handle, q query) (*Handle, error) {
	if h != nil {
		if r.opts.Complete {
			return h, nil
		}
		if !h.used.Load() {
			h.used.Store(true)
		}
		if !r.opts.AlwaysAsk && r.serve(h) {
			return h, nil
		}
		return r.ask(ctx, h, q)
	}
	if q.name == "" || r.opts.Complete || r.absent.has(q.label(), r.now()) {
		return nil, ErrUnknown
	}
	return r.ask(ctx, nil, q)
}

// serve reports whether h may be used as it is, and sees to it that it is
// refreshed if it is due.
func (r *Registry) serve(h *Handle) bool {
	now, fresh := r.now(), time.Duration(h.fresh.Load())
	if now < fresh {
		return true
	}
	hard := time.Duration(h.hard.Load())
	if now >= hard {
		return false
	}
	if h.fresh.CompareAndSwap(int64(fresh), int64(min(now+retryAfter, hard))) {
		r.flights.start(query{name: h.Load().Record.ID}, r.load)
	}
	return true
}

// retryAfter is how long a due app is left alone before the store is asked again.
const retryAfter = 5 * time.Second

// ask waits for the store's answer. While the store is down old is good until
// its hard TTL.
func (r *Registry) ask(ctx context.Context, old *Handle, q query) (*Handle, error) {
	f := r.flights.start(q, r.load)
	var err error
	select {
	case <-f.done:
		if f.err == nil {
			return f.handle, nil
		}
		err = f.err
	case <-ctx.Done():
		err = errors.Join(ErrUnavailable, ctx.Err())
	}
	if old != nil && errors.Is(err, ErrUnavailable) && r.now() < time.Duration(old.hard.Load()) {
		return old, nil
	}
	return nil, err
}

// now is the time since the registry was made.
func (r *Registry) now() time.Duration { return r.opts.Now().Sub(r.start) }

// newApp prepares a record for use.
func (r *Registry) newApp(record *contract.App) *App {
	app := &App{
		Record:  record,
		Limits:  r.opts.Defaults.resolve(&record.Limits),
		origins: NewOrigins(record.AllowedOrigins, r.opts.AllowMissingOrigin),
	}
	for _, secret := range record.Secrets {
		app.Signers = append(app.Signers, pusher.NewSigner(secret.Reveal()))
	}
	return app
}
