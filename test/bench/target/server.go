//go:build linux

package target

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackfield/jackfield/test/bench/load"
)

// The apps of a server: most measurements use One, Two is its neighbour.
var (
	One = load.App{ID: "one", Key: "one-key", Secret: "one-secret"}
	Two = load.App{ID: "two", Key: "two-key", Secret: "two-secret"}
)

// MetricPrefix begins the names of the series that are not of the Go runtime.
const MetricPrefix = "jackfield_"

// Server is a running core whose limits are out of the way.
type Server struct {
	*Process
	// Addr is where clients connect and publish.
	Addr    string
	metrics string
}

// Options say what is special about a server.
type Options struct {
	// TLS makes the server speak TLS with a certificate made for the occasion.
	TLS bool
	// Parked is how many messages may wait for a slow client, if it is not 0.
	Parked int
	// Redis is the address of the Redis that the server uses for all that a Redis
	// can do, and that joins it to the others; empty: none.
	Redis string
}

// StartServer starts a server and returns when it is ready.
func (b *Bench) StartServer(o Options) (*Server, error) {
	dir, err := b.serverDir()
	if err != nil {
		return nil, err
	}
	s := &Server{}
	cfg, err := s.configure(dir, o)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "config.json")
	text, err := json.Marshal(cfg)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, err
	}
	s.Process, err = start(b.Server, b.core(), "--config", path, "--plugin-dir", b.plugins())
	if err != nil {
		return nil, err
	}
	if err := s.waitReady(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// configure chooses ports and writes down the rest.
func (s *Server) configure(dir string, o Options) (map[string]any, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	metricsPort, err := freePort()
	if err != nil {
		return nil, err
	}
	s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	s.metrics = fmt.Sprintf("http://127.0.0.1:%d/metrics", metricsPort)
	cfg := map[string]any{
		"host": "127.0.0.1", "port": port,
		"metrics":               map[string]any{"host": "127.0.0.1", "port": metricsPort, "prometheus": map[string]any{"prefix": MetricPrefix}},
		"plugin_run_dir":        filepath.Join(dir, "run"),
		"activity_timeout":      3600, // no pings among what is counted
		"shutdown_grace_period": 1,
		"event_limits":          map[string]any{"max_batch_size": 0, "max_channels_at_once": 0},
		"app_manager":           map[string]any{"driver": "memory", "array": map[string]any{"apps": []any{record(One), record(Two)}}},
	}
	if o.Parked > 0 {
		cfg["websocket"] = map[string]any{"max_messages": o.Parked}
	}
	if o.Redis != "" {
		cfg["database"] = map[string]any{"redis": map[string]any{"url": "redis://" + o.Redis}}
		for _, kind := range []string{"cache", "queue", "rate_limiter", "adapter"} {
			cfg[kind] = map[string]any{"driver": "redis"}
		}
	}
	if o.TLS {
		cfg["ssl"], err = certificate(dir)
	}
	return cfg, err
}

func record(a load.App) map[string]any {
	return map[string]any{"id": a.ID, "key": a.Key, "secret": a.Secret, "enabled": true, "enable_client_messages": true}
}

// freePort returns a port that nobody listened on a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// waitReady waits until the main port is bound, which is the last thing that a
// starting server does but for its metrics.
func (s *Server) waitReady() error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if s.accepts() {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("server ended at its start: %s", s.log.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return errors.New("server is not ready in time")
}

func (s *Server) accepts() bool {
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return false
	}
	_ = c.Close()
	resp, err := http.Get(s.metrics)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
