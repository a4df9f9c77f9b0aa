package faults

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// onRedis starts a server that keeps these kinds in a Redis.
func onRedis(t *testing.T, r *testserver.Redis, kinds ...string) *launch.Server {
	t.Helper()
	return built.Start(t, launch.Options{Config: redisConfig(r, kinds...)})
}

func redisConfig(r *testserver.Redis, kinds ...string) map[string]any {
	cfg := map[string]any{
		"cache": map[string]any{"driver": "memory"}, "queue": map[string]any{"driver": "memory"},
		"database": map[string]any{"redis": map[string]any{"host": "127.0.0.1", "port": r.Port}},
	}
	for _, kind := range kinds {
		cfg[kind] = map[string]any{"driver": "redis"}
	}
	return cfg
}

// What stands in a cache channel outlives the server, and is the same on every one.
func TestCacheChannelsLiveInRedis(t *testing.T) {
	r := testserver.StartRedis(t)
	a, b := onRedis(t, r, "cache"), onRedis(t, r, "cache")
	status, err := newAPI(a.URL(), "app-id", "app-key", "app-secret").publish("cache-room", "last", "word")
	if err != nil || status != http.StatusOK {
		t.Fatalf("publish: %d, %v", status, err)
	}
	if err := a.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*launch.Server{a, b} {
		c, err := dial(s.Port, "app-key")
		if err != nil {
			t.Fatal(err)
		}
		defer c.conn.Close()
		if err := c.subscribe("cache-room"); err != nil {
			t.Fatal(err)
		}
		if e, err := c.next(); err != nil || e.Event != "last" || e.Data != "word" {
			t.Errorf("a new subscriber got %+v, %v", e, err)
		}
	}
}

// A publish that is repeated at another server takes place once.
func TestIdempotencyKeysCountOnAllServers(t *testing.T) {
	r := testserver.StartRedis(t)
	servers := []*launch.Server{onRedis(t, r, "cache"), onRedis(t, r, "cache")}
	for i, s := range servers {
		c, err := dial(s.Port, "app-key")
		if err != nil {
			t.Fatal(err)
		}
		defer c.conn.Close()
		if err := c.subscribe("room"); err != nil {
			t.Fatal(err)
		}
		api := newAPI(s.URL(), "app-id", "app-key", "app-secret")
		for _, p := range [][2]string{{"same", "key"}, {"last", fmt.Sprint("key of ", i)}} {
			body := fmt.Sprintf(`{"name":"e","channel":"room","data":%q,"idempotency_key":%q}`, p[0], p[1])
			if status, err := api.post("/apps/app-id/events", []byte(body)); err != nil || status != http.StatusOK {
				t.Fatalf("publish: %d, %v", status, err)
			}
		}
		want := []string{"same", "last"}[i:] // the second server repeats the first one's
		for _, w := range want {
			if e, err := c.next(); err != nil || e.Data != w {
				t.Errorf("server %d delivered %+v, %v; want %s", i, e, err, w)
			}
		}
	}
}

// Without Redis, HTTP answers in less than a second, clients stay and get their
// messages, and when it is back everything is as before.
func TestWithoutRedisNobodyIsClosedAndHTTPAnswers(t *testing.T) {
	for name, away := range map[string]struct{ leave, comeBack func(*testserver.Process) }{
		"killed":  {(*testserver.Process).Kill, (*testserver.Process).Restart},
		"stopped": {(*testserver.Process).Pause, (*testserver.Process).Resume},
	} {
		t.Run(name, func(t *testing.T) { withoutRedis(t, away.leave, away.comeBack) })
	}
}

func withoutRedis(t *testing.T, leave, comeBack func(*testserver.Process)) {
	r := testserver.StartRedis(t)
	s := onRedis(t, r, "cache", "queue", "rate_limiter")
	c, err := dial(s.Port, "app-key")
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	for _, channel := range []string{"room", "cache-room"} {
		if err := c.subscribe(channel); err != nil {
			t.Fatal(err)
		}
	}
	leave(r.Process)
	api := newAPI(s.URL(), "app-id", "app-key", "app-secret")
	var slowest time.Duration
	for i := range 20 {
		begin := time.Now()
		status, err := api.publish([]string{"room", "cache-room"}[i%2], "e", strconv.Itoa(i))
		slowest = max(slowest, time.Since(begin))
		if err != nil || status != http.StatusOK {
			t.Fatalf("publish without Redis: %d, %v", status, err)
		}
		for e := (event{}); e.Data != strconv.Itoa(i); {
			if e, err = c.next(); err != nil {
				t.Fatalf("a client without Redis: %v", err)
			}
		}
	}
	if slowest >= time.Second {
		t.Errorf("without Redis HTTP took up to %v", slowest)
	}
	comeBack(r.Process)
	until(t, "the cache to serve again", func() bool {
		_, _ = api.publish("cache-room", "e", "back")
		late, err := dial(s.Port, "app-key")
		if err != nil {
			t.Fatal(err)
		}
		defer late.conn.Close()
		if err := late.subscribe("cache-room"); err != nil {
			t.Fatal(err)
		}
		e, err := late.next()
		return err == nil && e.Data == "back"
	})
}

// limited starts a server with a limit per address in Redis.
func limited(t *testing.T, r *testserver.Redis, limit int, onError string) *launch.Server {
	t.Helper()
	cfg := redisConfig(r)
	cfg["rate_limiter"] = map[string]any{
		"enabled": true, "driver": "redis", "on_error": onError,
		"api_rate_limit": map[string]any{"max_requests": limit, "window_seconds": 3600},
	}
	return built.Start(t, launch.Options{Config: cfg})
}

// The limit of an address counts on all servers together.
func TestLimitsAreSharedThroughRedis(t *testing.T) {
	const limit = 40
	r := testserver.StartRedis(t)
	a, b := limited(t, r, limit, "closed"), limited(t, r, limit, "closed")
	// A call that is answered too late is refused here, so it may be a few less.
	if got := admitted(t, limit, a, b); got > limit || got < limit/2 {
		t.Errorf("the servers admitted %d together, want %d", got, limit)
	}
}

// Without Redis a server starts and does as on_error says.
func TestWithoutRedisLimitsAreAsConfigured(t *testing.T) {
	const limit = 20
	r := testserver.StartRedis(t)
	r.Kill()
	for onError, want := range map[string]int{"local": limit, "open": 2 * limit, "closed": 0} {
		if got := admitted(t, 2*limit, limited(t, r, limit, onError)); got != want {
			t.Errorf("on_error %s admitted %d, want %d", onError, got, want)
		}
	}
}

// admitted asks each server so many times and returns how often they did as asked.
func admitted(t *testing.T, times int, servers ...*launch.Server) int {
	t.Helper()
	var n atomic.Int32
	for range times {
		for _, s := range servers {
			status, err := newAPI(s.URL(), "app-id", "app-key", "app-secret").publish("room", "e", "x")
			switch {
			case err != nil:
				t.Fatal(err)
			case status == http.StatusOK:
				n.Add(1)
			case status != http.StatusTooManyRequests:
				t.Fatalf("publish: %d", status)
			}
		}
	}
	return int(n.Load())
}

// Certificates of the configuration reach the plugin, and a server whose Redis
// wants another one starts all the same and says what is wrong.
func TestCertificatesOfTheConfiguration(t *testing.T) {
	certs := testserver.NewCertificates(t)
	r := testserver.StartRedisTLS(t, certs, true)
	secured := func(kind string, hop map[string]any) *launch.Server {
		cfg := redisConfig(r, kind)
		hop["enabled"] = true
		cfg["database"].(map[string]any)["redis"].(map[string]any)["master_tls"] = hop
		return built.Start(t, launch.Options{Config: cfg})
	}
	good := secured("cache", map[string]any{"ca_path": certs.CA, "client_cert_path": certs.ClientCert, "client_key_path": certs.ClientKey})
	if status, err := newAPI(good.URL(), "app-id", "app-key", "app-secret").publish("cache-room", "e", "x"); err != nil || status != http.StatusOK {
		t.Fatalf("publish: %d, %v", status, err)
	}
	c, err := dial(good.Port, "app-key")
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	if err := c.subscribe("cache-room"); err != nil {
		t.Fatal(err)
	}
	if e, err := c.next(); err != nil || e.Data != "x" {
		t.Errorf("the cached event is %+v, %v", e, err)
	}
	bad := secured("rate_limiter", map[string]any{"ca_path": certs.CA})
	until(t, "the log to say what is missing", func() bool { return strings.Contains(bad.Log(), "set client_cert_path") })
}
