package config

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// validate finds values that are wrong by themselves or together.
func (l *loader) validate() {
	l.validateListeners()
	l.validateSSL()
	l.validateUnixSocket()
	l.validateCORS()
	l.validateTimes()
	l.validateCluster()
	l.validateAppCache()
	l.validateStores()
	l.validateRedis()
	l.validatePlugins()
}

var (
	hostName    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?$`)
	metricName  = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	tokenOfHTTP = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	pathPrefix  = regexp.MustCompile(`^/([A-Za-z0-9._~-]+/?)*$`)
)

func (l *loader) validateListeners() {
	s, m := l.cfg.Server, l.cfg.Metrics
	for _, host := range []struct{ key, value string }{{"host", s.Host}, {"metrics.host", m.Host}} {
		if net.ParseIP(strings.Trim(host.value, "[]")) == nil && !hostName.MatchString(host.value) {
			l.addf(host.key, "%w", mustBe("an IP address or a host name, without port", host.value))
		}
	}
	if m.Enabled && !l.cfg.UnixSocket.Enabled && s.Port != 0 && s.Port == m.Port {
		l.addf("metrics.port", "is %d, the port of the main listener too; choose another", m.Port)
	}
	if m.Prometheus.Prefix != "" && !metricName.MatchString(m.Prometheus.Prefix) {
		l.addf("metrics.prometheus.prefix", "%w", mustBe("letters, digits, _ and :, not beginning with a digit", m.Prometheus.Prefix))
	}
	if !pathPrefix.MatchString(s.PathPrefix) {
		l.addf("path_prefix", "%w", mustBe("a path such as / or /realtime", s.PathPrefix))
	}
}

func (l *loader) validateSSL() {
	s := l.cfg.SSL
	if s.Passphrase != "" {
		l.warnf("ssl.passphrase", "has no effect: the key file must not be encrypted")
	}
	if !s.Enabled {
		if s.RedirectHTTP {
			l.warnf("ssl.redirect_http", "has no effect while ssl.enabled is false")
		}
		return
	}
	l.needFile("ssl.cert_path", s.CertPath, "ssl.enabled")
	l.needFile("ssl.key_path", s.KeyPath, "ssl.enabled")
	if s.RedirectHTTP && s.HTTPPort != 0 && slices.Contains([]uint16{l.cfg.Server.Port, l.cfg.Metrics.Port}, s.HTTPPort) {
		l.addf("ssl.http_port", "is %d, the port of another listener too; choose another", s.HTTPPort)
	}
}

// needFile demands a file that can be read; because is the key that demands it.
func (l *loader) needFile(key, name, because string) {
	if name == "" {
		l.addf(because, "needs %s, which is empty", key)
		return
	}
	l.checkFile(key, name)
}

func (l *loader) checkFile(key, name string) {
	if name == "" {
		return
	}
	f, err := os.Open(l.path(name))
	if err != nil {
		l.addf(key, "cannot be read: %w", err)
		return
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		l.addf(key, "%w", mustBe("a file", name))
	}
}

// maxSocketPath is the longest path that a unix socket can have.
const maxSocketPath = 107

func (l *loader) validateUnixSocket() {
	u := l.cfg.UnixSocket
	if !u.Enabled {
		return
	}
	switch {
	case !filepath.IsAbs(u.Path):
		l.addf("unix_socket.path", "%w", mustBe("an absolute path", u.Path))
		return
	case slices.Contains(strings.Split(u.Path, "/"), ".."):
		l.addf("unix_socket.path", "%w", mustBe("a path without ..", u.Path))
		return
	case len(u.Path) > maxSocketPath:
		l.addf("unix_socket.path", "must be at most %d bytes long, is %d", maxSocketPath, len(u.Path))
	}
	if info, err := os.Stat(filepath.Dir(u.Path)); err != nil || !info.IsDir() {
		l.addf("unix_socket.path", "is in %s, which is no directory; create it", filepath.Dir(u.Path))
	}
	if info, err := os.Lstat(u.Path); err == nil && info.Mode().Type() != os.ModeSocket {
		l.addf("unix_socket.path", "is there and is no socket; remove it or choose another path")
	}
}

func (l *loader) validateCORS() {
	c := l.cfg.CORS
	for _, origin := range c.Origin {
		if strings.Count(origin, "*") > 1 || strings.ContainsAny(origin, " \t\r\n,") || origin == "" {
			l.addf("cors.origin", "must hold origins with at most one * each, has %s", describe(origin))
		}
	}
	for key, words := range map[string][]string{"cors.methods": c.Methods, "cors.allowed_headers": c.AllowedHeaders} {
		for _, word := range words {
			if !tokenOfHTTP.MatchString(word) {
				l.addf(key, "must hold names without spaces or separators, has %s", describe(word))
			}
		}
	}
}

// validateTimes compares times that belong together.
func (l *loader) validateTimes() {
	r, w := l.cfg.Queue.Reliability, l.cfg.Webhooks.Retry
	if r.RetryBaseDelay > r.RetryMaxDelay {
		l.addf("queue.reliability.retry_base_delay_ms", "must be at most retry_max_delay_ms (%d), is %d",
			r.RetryMaxDelay.Milliseconds(), r.RetryBaseDelay.Milliseconds())
	}
	if r.LeaseRenewInterval >= r.LeaseDuration {
		l.addf("queue.reliability.lease_renew_interval_ms", "must be less than lease_duration_ms (%d), is %d",
			r.LeaseDuration.Milliseconds(), r.LeaseRenewInterval.Milliseconds())
	}
	if w.InitialBackoff > w.MaxBackoff {
		l.addf("webhooks.retry.initial_backoff_ms", "must be at most max_backoff_ms (%d), is %d",
			w.MaxBackoff.Milliseconds(), w.InitialBackoff.Milliseconds())
	}
}

// leastKey is the least length of a text that keys are derived from.
const leastKey = 16

func (l *loader) validateAppCache() {
	if n := len(l.cfg.AppManager.Cache.EncryptionKey); n > 0 && n < leastKey {
		l.addf("app_manager.cache.encryption_key", "must have at least %d characters, has %d", leastKey, n)
	}
}

// validateCluster checks what concerns several nodes.
func (l *loader) validateCluster() {
	h, a := l.cfg.Adapter.Health, l.cfg.Adapter
	if h.HeartbeatInterval > h.NodeTimeout/3 {
		l.addf("adapter.cluster_health.heartbeat_interval_ms", "must be at most a third of node_timeout_ms (%d), is %d",
			h.NodeTimeout.Milliseconds(), h.HeartbeatInterval.Milliseconds())
	}
	if h.CleanupInterval > h.NodeTimeout {
		l.addf("adapter.cluster_health.cleanup_interval_ms", "must be at most node_timeout_ms (%d), is %d",
			h.NodeTimeout.Milliseconds(), h.CleanupInterval.Milliseconds())
	}
	if l.cfg.Server.Role == "api" && a.Driver == driverLocal {
		l.addf("server_role", "api publishes through other nodes and needs an adapter.driver other than local")
	}
	if a.Driver != driverLocal && l.cfg.Cache.Driver == driverMemory {
		l.warnf("cache.driver", "is memory, so cached events and idempotency keys are those of one node, although adapter.driver is %s", a.Driver)
	}
}
