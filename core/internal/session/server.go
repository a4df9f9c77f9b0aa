package session

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/lastevent"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/watchlist"
	"github.com/jackfield/jackfield/core/internal/webhook"
)

// Apps finds the app of a key, as apps.Registry does.
type Apps interface {
	ByKey(ctx context.Context, key string) (*apps.Handle, error)
}

// Options of a Server. All fields are required unless they say otherwise.
type Options struct {
	Hub      *hub.Hub
	Apps     Apps
	Counters func(appID string) *metrics.AppCounters
	Logger   hclog.Logger
	// Random makes socket ids; crypto/rand.Reader.
	Random io.Reader
	// Now is a monotonic clock.
	Now func() time.Duration
	// Prefixes are the paths before the app key.
	Prefixes []string
	// ActivityTimeout is announced to clients: a client that was silent for so
	// long is pinged, and closed if it stays silent for PongTimeout.
	ActivityTimeout, PongTimeout time.Duration
	// PingEvent makes the ping an event of the Pusher protocol instead of a frame
	// of WebSocket's own.
	PingEvent bool
	// MaxConnections bounds the connections of this node; 0: no bound.
	MaxConnections int
	// TrustHops is the number of proxies whose X-Forwarded headers count.
	TrustHops int
	// LastEvents are the events with which subscriptions to cache channels begin.
	LastEvents *lastevent.Store
	// Webhooks learn of client events and connections; nil: nobody does.
	Webhooks *webhook.Sink
	// Places are the places of apps with a limit, over all nodes; nil: the hub
	// counts them.
	Places Places
	// Others is where client events go after the hub; nil: nowhere.
	Others Others
	// Watchlist knows who is online, from the hub.
	Watchlist *watchlist.Table
	// AuthorizeWithin is the time in which a connection must sign in or join a
	// channel that needs a signature, SigninWithin that to sign in, in apps that
	// demand it.
	AuthorizeWithin, SigninWithin time.Duration
	// Connects limits upgrades per address; nil: no limit.
	Connects ConnectLimit
}

// Places admits connections to an app of which all nodes together may have limit
// (0: any number).
type Places interface {
	// Admit answers once, from any goroutine, within a bounded time. answer
	// returns at once.
	Admit(appID string, limit int, answer func(ok bool))
	// Release gives one place back.
	Release(appID string)
}

// Others takes what was published to this node on its way to the others. It
// never waits.
type Others interface {
	Send(appID string, msgs []hub.Message)
}

// ConnectLimit bounds how often an address may ask for an upgrade.
type ConnectLimit interface {
	// Check returns 0, or the HTTP status with which to refuse, and may set
	// headers of the answer.
	Check(r *http.Request, remote net.Addr, answer http.Header) int
}

// Server holds all sessions of a node.
type Server struct {
	opts     Options
	inboxes  []*inbox
	open     atomic.Int64
	draining atomic.Bool
	pressed  atomic.Bool  // memory is short: no new connections
	clock    atomic.Int64 // Options.Now at the last Tick
	wg       sync.WaitGroup

	mu       sync.Mutex
	watching map[*apps.Handle]*watch
}

// watch is the listener for changes of an app that has sessions.
type watch struct {
	sessions int
	cancel   func()
}

// NewServer returns a server whose workers do not run yet.
func NewServer(opts Options) *Server {
	s := &Server{opts: opts, watching: map[*apps.Handle]*watch{}}
	s.clock.Store(int64(opts.Now()))
	for range opts.Hub.Shards() {
		s.inboxes = append(s.inboxes, newInbox(s))
	}
	return s
}

// Start starts one worker per shard of the hub.
func (s *Server) Start() {
	for _, in := range s.inboxes {
		s.wg.Go(in.run)
	}
}

// Stop ends the workers and waits for them. Sessions that are still open are
// not closed: Drain does that.
func (s *Server) Stop() {
	for _, in := range s.inboxes {
		in.stop()
	}
	s.wg.Wait()
}

// Sessions is the number of open sessions.
func (s *Server) Sessions() int { return int(s.open.Load()) }

// Tick moves the clock of the heartbeat on; call it about once a second.
func (s *Server) Tick() {
	s.clock.Store(int64(s.opts.Now()))
	for _, in := range s.inboxes {
		in.do(func() { in.wheel.advance(s.seconds(), (*Session).check) })
	}
}

// Draining reports whether the server is closing its sessions.
func (s *Server) Draining() bool { return s.draining.Load() }

// Press says whether memory is short: while it is, upgrades get 503.
func (s *Server) Press(short bool) { s.pressed.Store(short) }

// join counts a session of an app and begins to listen for its changes.
func (s *Server) join(h *apps.Handle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watching[h]
	if w == nil {
		w = &watch{}
		w.cancel = h.OnChange(func(*apps.App) { s.changed(h) })
		s.watching[h] = w
	}
	w.sessions++
}

func (s *Server) part(h *apps.Handle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watching[h]
	if w.sessions--; w.sessions == 0 {
		delete(s.watching, h)
		w.cancel()
	}
}

// changed has every worker look at its sessions of the app.
func (s *Server) changed(h *apps.Handle) {
	for _, in := range s.inboxes {
		in.do(func() { in.wheel.each(func(s *Session) { s.appChanged(h) }) })
	}
}
