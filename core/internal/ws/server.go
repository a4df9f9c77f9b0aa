package ws

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/lxzan/gws"
)

// Options of a Server. All fields but TLS are required.
type Options struct {
	// Prefixes are the paths before the app key: "/app/", "/x/app/".
	Prefixes []string
	// MaxMessage is the largest inbound message in bytes; larger ones close with 1009.
	MaxMessage int
	Limits     Limits
	// Linger is how long a closing connection may take to say goodbye.
	Linger time.Duration
	// Deflate agrees to compress messages with clients that offer it.
	Deflate bool
	// HeaderTimeout bounds the TLS handshake and the request head.
	HeaderTimeout time.Duration
	// RequestTimeout bounds the arrival of a request that is no upgrade; its
	// answer may take as long again.
	RequestTimeout time.Duration
	TLS            *tls.Config
	// Handler decides about upgrades and owns the connections.
	Handler Handler
	// HTTP serves every request that is not an upgrade under Prefix.
	HTTP   http.Handler
	Logger hclog.Logger
}

// Handler is what a Server asks about WebSockets.
type Handler interface {
	// Refuse returns an HTTP status to answer instead of upgrading, or 0. It
	// may set headers of the answer.
	Refuse(r *http.Request, remote net.Addr, answer http.Header) int
	// Open makes the owner of a new connection and gives it to c.Own before
	// anybody else learns of c. It may send and may close. Nothing is read from
	// c before it returns. It runs on a goroutine of its own.
	Open(c *Conn, r *http.Request)
}

// Server accepts connections and upgrades them.
type Server struct {
	opts     Options
	upgrader *gws.Upgrader
	http     *http.Server
	open     atomic.Int64
	wg       sync.WaitGroup // handshakes and readers
	panics   seldom

	mu       sync.Mutex
	listener net.Listener
	plain    *handedOver
	pending  map[net.Conn]struct{} // accepted, neither upgraded nor handed over
	closed   bool
}

// NewServer returns a server that has not begun to accept.
func NewServer(opts Options) *Server {
	s := &Server{opts: opts, pending: map[net.Conn]struct{}{}}
	s.upgrader = gws.NewUpgrader(events{}, &gws.ServerOption{
		ReadBufferSize:     readBuffer,
		ReadMaxPayloadSize: opts.MaxMessage,
		CheckUtf8Enabled:   true,
		ParallelGolimit:    1,
		HandshakeTimeout:   opts.HeaderTimeout,
		Logger:             libraryLog{opts.Logger},
		NewSession:         func() gws.SessionStorage { return nil },
		PermessageDeflate:  gws.PermessageDeflate{Enabled: opts.Deflate, PoolSize: inflaters},
	})
	s.http = &http.Server{
		Handler:           s.mux(),
		ReadHeaderTimeout: opts.HeaderTimeout,
		ReadTimeout:       opts.RequestTimeout,
		WriteTimeout:      2 * opts.RequestTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHead,
		ErrorLog:          opts.Logger.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	return s
}

const (
	readBuffer = 256      // bytes a reader holds for its connection's life
	maxHead    = 64 << 10 // bytes of a request's head
	inflaters  = 4        // messages that are decompressed at a time
)

// Open is the number of upgraded connections that are not gone.
func (s *Server) Open() int64 { return s.open.Load() }

// Serve accepts from l until Shutdown, and then returns nil. It owns l.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listener, s.plain = l, newHandedOver(l.Addr())
	if s.closed {
		_ = l.Close() // Shutdown came first
	}
	s.mu.Unlock()
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.plain) }()
	err := s.accept(l)
	_ = s.plain.Close()
	if httpErr := <-served; err == nil && !errors.Is(httpErr, http.ErrServerClosed) && !errors.Is(httpErr, net.ErrClosed) {
		err = httpErr
	}
	return err
}

// acceptPause is how long to wait when the process is out of descriptors.
const acceptPause = 50 * time.Millisecond

func (s *Server) accept(l net.Listener) error {
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			s.welcome(nc)
		case s.isClosed():
			return nil
		case errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED):
			s.opts.Logger.Error("cannot accept a connection; raise the limit of open files (ulimit -n) if this goes on", "err", err)
			time.Sleep(acceptPause)
		default:
			return err
		}
	}
}

// welcome starts the handshake of nc on a goroutine of its own.
func (s *Server) welcome(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = nc.Close()
		return
	}
	s.pending[nc] = struct{}{}
	s.wg.Add(1)
	go s.greet(nc)
}

// settled tells that the handshake of nc is over, whatever came of it.
func (s *Server) settled(nc net.Conn) {
	s.mu.Lock()
	delete(s.pending, nc)
	s.mu.Unlock()
	s.wg.Done()
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Shutdown stops accepting, cuts off handshakes, waits for HTTP requests under
// way until ctx ends, and for the readers of connections that were killed. It
// closes no upgraded connection: their owners do.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	if s.listener != nil {
		_ = s.listener.Close()
	}
	for nc := range s.pending {
		_ = nc.Close()
	}
	s.mu.Unlock()
	err := s.http.Shutdown(ctx)
	if err != nil {
		_ = s.http.Close()
	}
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	return err
}
