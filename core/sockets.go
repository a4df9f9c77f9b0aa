package core

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/rest"
	"github.com/jackfield/jackfield/core/internal/session"
	"github.com/jackfield/jackfield/core/internal/ws"
	"github.com/jackfield/jackfield/sdk/contract"
)

// shards is one per processor, so that a huge channel keeps all of them busy.
func shards() int { return runtime.GOMAXPROCS(0) }

// pongTimeout is how long a silent client may take to answer a ping; clients of
// the Pusher protocol wait as long for ours.
const pongTimeout = 30 * time.Second

// authorizeWithin is how long a client may stay unknown in an app with
// authorised connections.
const authorizeWithin = 30 * time.Second

// prefixes are the paths before an app's key; a node that serves the HTTP API
// alone has none.
func (s *server) prefixes() []string {
	const plain = "/app/"
	if s.cfg.Server.Role == "api" {
		return nil
	}
	if below := strings.TrimSuffix(s.cfg.Server.PathPrefix, "/"); below != "" {
		return []string{plain, below + plain}
	}
	return []string{plain}
}

func (s *server) sessionOptions() session.Options {
	opts := session.Options{
		Hub: s.hub, Apps: s.apps, Counters: s.metrics.App, Logger: s.log.Named("session"),
		Random: rand.Reader, Now: s.now, Prefixes: s.prefixes(),
		ActivityTimeout: s.cfg.Server.ActivityTimeout, PongTimeout: pongTimeout, PingEvent: s.cfg.WebSocket.PingEvent,
		LastEvents: s.events, Watchlist: s.online,
		AuthorizeWithin: authorizeWithin, SigninWithin: s.cfg.Server.UserAuthenticationTimeout,
		Webhooks:       s.webhooks.Sink(),
		MaxConnections: int(s.cfg.Server.MaxConnections),
		TrustHops:      int(s.cfg.RateLimiter.WebSocket.TrustHops),
	}
	if s.cluster != nil {
		opts.Places, opts.Others = s.cluster, s.cluster
	}
	if s.addressLimits() {
		opts.Connects = connectLimit{s}
	}
	return opts
}

// connectLimit bounds the upgrades of one address.
type connectLimit struct{ *server }

// Check counts an upgrade; it refuses with 429 and says when to come again.
func (s connectLimit) Check(r *http.Request, remote net.Addr, answer http.Header) int {
	from, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return 0 // a unix socket has no addresses
	}
	rate := s.cfg.RateLimiter.WebSocket
	client := limit.ClientIP(from.Addr(), r.Header["X-Forwarded-For"], int(rate.TrustHops))
	result, err := s.limiter.Take(r.Context(), contract.TakeRequest{
		Key: "websocket_connect:" + client.String(), Cost: 1, Limit: rate.MaxRequests, Window: rate.Window,
	})
	if err != nil {
		return 0
	}
	s.metrics.App("").Limited(metrics.LimitUpgradeAddress, result.Allowed)
	if result.Allowed {
		return 0
	}
	answer.Set("X-RateLimit-Limit", strconv.FormatUint(uint64(rate.MaxRequests), 10))
	answer.Set("X-RateLimit-Remaining", "0")
	answer.Set("X-RateLimit-Reset", wholeSeconds(result.ResetAfter))
	answer.Set("Retry-After", wholeSeconds(result.RetryAfter))
	return http.StatusTooManyRequests
}

// wholeSeconds is d for a header, and never too little.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

const (
	headerTimeout = 10 * time.Second
	linger        = 5 * time.Second
)

func (s *server) socketOptions() (ws.Options, error) {
	opts := ws.Options{
		Prefixes: s.prefixes(), MaxMessage: s.largestMessage(),
		Limits: ws.Limits{
			Bytes: int(s.cfg.WebSocket.ParkedBytes()), Messages: int(s.cfg.WebSocket.ParkedMessages()),
			Drop: !s.cfg.WebSocket.DisconnectOnBufferFull,
		},
		Linger: linger, HeaderTimeout: headerTimeout, RequestTimeout: requestTimeout, Deflate: s.compresses(),
		Handler: s.sessions, HTTP: rest.New(s.restOptions()), Logger: s.log.Named("ws"),
	}
	if !s.cfg.SSL.Enabled {
		return opts, nil
	}
	var err error
	if s.certificate, err = loadCertificate(s.cfg.SSL); err == nil {
		opts.TLS = s.certificate.config()
	}
	return opts, err
}

// largestMessage is the largest inbound message that any app of the file, or an
// app without limits of its own, may need.
func (s *server) largestMessage() int {
	largest := s.cfg.MaxInboundBytes(s.cfg.Events.MaxPayloadKB)
	for _, app := range s.cfg.Apps() {
		if kb := app.Limits.MaxEventPayloadInKB; kb != nil {
			largest = max(largest, s.cfg.MaxInboundBytes(*kb))
		}
	}
	return int(largest)
}

// listen binds the main port or the unix socket.
func (s *server) listen() (net.Listener, error) {
	if u := s.cfg.UnixSocket; u.Enabled {
		return listenUnix(u.Path, os.FileMode(u.PermissionMode))
	}
	addr := net.JoinHostPort(s.cfg.Server.Host, strconv.Itoa(int(s.cfg.Server.Port)))
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("host, port: cannot listen on %s: %w", addr, err)
	}
	return l, nil
}

func listenUnix(path string, mode os.FileMode) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		_ = os.Remove(path) // of an earlier run
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("unix_socket.path: %w", err)
	}
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(fmt.Errorf("unix_socket.permission_mode: %w", err), l.Close())
	}
	return l, nil
}

// serveMetrics serves the second port, if it is switched on.
func (s *server) serveMetrics() (net.Addr, error) {
	m := s.cfg.Metrics
	if !m.Enabled {
		return nil, nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port))))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.Handler())
	mux.Handle("/admin/", s.adminHandler())
	s.metricsServer = boundedServer(mux, s.log)
	s.wg.Go(func() { _ = s.metricsServer.Serve(l) })
	return l.Addr(), nil
}
