package core

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/core/config"
)

// certificate is a key pair in two files that is read again when they change.
type certificate struct {
	ssl    config.SSL
	loaded atomic.Pointer[tls.Certificate]
	mu     sync.Mutex
	seen   [2]time.Time // of the files, when they were read; guarded by mu
}

func loadCertificate(ssl config.SSL) (*certificate, error) {
	c := &certificate{ssl: ssl}
	return c, c.load()
}

func (c *certificate) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

// read loads the files; mu is held.
func (c *certificate) read() error {
	seen := c.changed()
	pair, err := tls.LoadX509KeyPair(c.ssl.CertPath, c.ssl.KeyPath)
	if err != nil {
		return fmt.Errorf("ssl.cert_path %q, ssl.key_path %q: %w", c.ssl.CertPath, c.ssl.KeyPath, err)
	}
	c.loaded.Store(&pair)
	c.seen = seen
	return nil
}

func (c *certificate) changed() (at [2]time.Time) {
	for i, path := range []string{c.ssl.CertPath, c.ssl.KeyPath} {
		if info, err := os.Stat(path); err == nil {
			at[i] = info.ModTime()
		}
	}
	return at
}

// refresh reads the files again if they have changed. On an error the old pair
// stays in use, and the files are tried again when they change once more.
func (c *certificate) refresh() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.changed()
	if now == c.seen {
		return nil
	}
	err := c.read()
	c.seen = now
	return err
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.loaded.Load(), nil },
		NextProtos:     []string{"http/1.1"},
		MinVersion:     tls.VersionTLS12,
	}
}

// redirect is a listener's server that sends plain HTTP requests to the TLS port.
func (s *server) redirect() (net.Listener, error) {
	addr := net.JoinHostPort(s.cfg.Server.Host, strconv.Itoa(int(s.cfg.SSL.HTTPPort)))
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("ssl.http_port: cannot listen on %s: %w", addr, err)
	}
	s.redirectServer = boundedServer(redirectTo(s.cfg.Server.Port), s.log)
	return l, nil
}

// redirectTo sends a client to the same place over TLS.
func redirectTo(port uint16) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]") // an address of IPv6 has brackets without a port, too
		}
		to := "https://" + net.JoinHostPort(host, strconv.Itoa(int(port))) + r.URL.RequestURI()
		http.Redirect(w, r, to, http.StatusPermanentRedirect)
	})
}
