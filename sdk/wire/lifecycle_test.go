package wire

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/test/bufconn"

	"github.com/jackfield/jackfield/sdk/contract"
)

// richCache has all that the lifecycle asks drivers for.
type richCache struct {
	mapCache
	mu     sync.Mutex
	sick   error
	state  []string
	closed int
}

func (c *richCache) Capabilities() []contract.Capability {
	return []contract.Capability{"cache.own.v1"}
}

func (c *richCache) Health(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sick
}

func (c *richCache) Metrics() []contract.Sample {
	return []contract.Sample{
		{Name: "hits_total", Help: "hits", Kind: contract.Counter, Labels: map[string]string{"shard": "1"}, Value: 1.5},
		{Name: "size", Value: -1},
	}
}

func (c *richCache) Export(_ context.Context, yield func([]byte) error) error {
	for _, chunk := range []string{"a", "", "b"} {
		if err := yield([]byte(chunk)); err != nil {
			return err
		}
	}
	return nil
}

func (c *richCache) Import(_ context.Context, chunk []byte) error {
	if string(chunk) == "bad" {
		return contract.ErrInvalid
	}
	c.state = append(c.state, string(chunk))
	return nil
}

func (c *richCache) Close() error {
	c.closed++
	return nil
}

func TestDescribe(t *testing.T) {
	d := offer(contract.KindCache, &richCache{})
	d.Schema = json.RawMessage(`{"type":"object"}`)
	d.Capabilities = []contract.Capability{contract.CapPipe, contract.CapStateMove}
	cc, caps := connect(t, d)
	got, err := NewLifecycle(cc).Describe(within(t))
	want := Description{
		Name: "test", Version: "1.2.3", Commit: "abc", SDK: sdkName, Protocol: ProtocolMinor,
		Drivers: []DriverDescription{{
			Kind: contract.KindCache, Name: "test", Capabilities: d.Capabilities, Schema: d.Schema, Stateful: true,
		}},
		Limits: Limits{MaxMessage: 16 << 20, MaxInFlight: 1024},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("describe: %v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff([]contract.Capability{"cache.own.v1", contract.CapPipe, contract.CapStateMove}, caps); diff != "" {
		t.Errorf("capabilities (-want +got):\n%s", diff)
	}
}

func TestConfigure(t *testing.T) {
	wrong := contract.OptionErrors{{Path: "a.b", Problem: "must be a number"}, {Path: "c", Problem: "is unknown"}}
	var options, node string
	drivers := []Driver{
		{Kind: contract.KindCache, Name: "picky", Open: func(context.Context, json.RawMessage, string) (any, error) { return nil, wrong }},
		{Kind: contract.KindCache, Name: "panics", Open: func(context.Context, json.RawMessage, string) (any, error) { panic("boom") }},
		{Kind: contract.KindCache, Name: "other", Open: func(context.Context, json.RawMessage, string) (any, error) { return newListQueue(), nil }},
		{Kind: contract.KindCache, Name: "good", Open: func(_ context.Context, o json.RawMessage, n string) (any, error) {
			options, node = string(o), n
			return &mapCache{}, nil
		}},
	}
	lis := bufconn.Listen(1 << 20)
	_, cc := serve(t, lis, func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }, drivers...)
	life := NewLifecycle(cc)
	open := func(kind contract.Kind, name string) error {
		_, err := life.Configure(within(t), Configuration{Kind: kind, Driver: name, Options: json.RawMessage(`{"x":1}`), NodeID: "n1"})
		return err
	}
	got, ok := errors.AsType[contract.OptionErrors](open(contract.KindCache, "picky"))
	if diff := cmp.Diff(wrong, got); !ok || diff != "" {
		t.Errorf("wrong options (-want +got):\n%s", diff)
	}
	tests := []struct {
		kind contract.Kind
		name string
		want error
	}{
		{contract.KindCache, "absent", contract.ErrUnsupported},
		{contract.KindQueue, "good", contract.ErrUnsupported},
		{contract.KindCache, "panics", contract.ErrInternal},
		{contract.KindCache, "other", contract.ErrInternal},
		{contract.KindCache, "good", nil},
		{contract.KindCache, "good", contract.ErrConflict},
	}
	for _, tt := range tests {
		if err := open(tt.kind, tt.name); !errors.Is(err, tt.want) {
			t.Errorf("%s %s: %v, want %v", tt.kind, tt.name, err, tt.want)
		}
	}
	if options != `{"x":1}` || node != "n1" {
		t.Errorf("opened with %s on %s", options, node)
	}
}

func TestMetrics(t *testing.T) {
	cc, _ := connect(t, offer(contract.KindCache, &richCache{}), offer(contract.KindRateLimiter, &echoLimiter{}))
	got, err := NewLifecycle(cc).Metrics(within(t))
	want := []BackendSample{
		{contract.KindCache, contract.Sample{Name: "hits_total", Help: "hits", Kind: contract.Counter, Labels: map[string]string{"shard": "1"}, Value: 1.5}},
		{contract.KindCache, contract.Sample{Name: "size", Value: -1}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("metrics: %v (-want +got):\n%s", err, diff)
	}
}

func TestSetLogLevel(t *testing.T) {
	cc, _ := connect(t)
	if err := NewLifecycle(cc).SetLogLevel(within(t), "debug"); err != nil {
		t.Errorf("debug: %v", err)
	}
	if err := NewLifecycle(cc).SetLogLevel(within(t), "loud"); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("loud: %v", err)
	}
}

func TestStateMoves(t *testing.T) {
	from, to := &richCache{}, &richCache{}
	oldCC, _ := connect(t, offer(contract.KindCache, from))
	newCC, _ := connect(t, offer(contract.KindCache, to))
	imp, err := NewLifecycle(newCC).Import(within(t), contract.KindCache)
	if err != nil {
		t.Fatal(err)
	}
	if err := NewLifecycle(oldCC).Export(within(t), contract.KindCache, imp.Chunk); err != nil {
		t.Errorf("export: %v", err)
	}
	if err := imp.Finish(); err != nil {
		t.Errorf("import: %v", err)
	}
	if diff := cmp.Diff([]string{"a", "", "b"}, to.state); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	mine := errors.New("mine")
	if err := NewLifecycle(oldCC).Export(within(t), contract.KindCache, func([]byte) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("export into nothing: %v", err)
	}
	if err := NewLifecycle(oldCC).Export(within(t), contract.KindQueue, imp.Chunk); !errors.Is(err, contract.ErrUnsupported) {
		t.Errorf("export of a kind that is not open: %v", err)
	}
	imp, err = NewLifecycle(newCC).Import(within(t), contract.KindCache)
	if err != nil {
		t.Fatal(err)
	}
	_ = imp.Chunk([]byte("bad"))
	if err := imp.Finish(); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("import of a bad chunk: %v", err)
	}
}

func TestHealthStream(t *testing.T) {
	driver := &richCache{}
	lis := bufconn.Listen(1 << 20)
	s, cc := serve(t, lis, func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }, offer(contract.KindCache, driver))
	seen := make(chan Health)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- NewLifecycle(cc).Health(ctx, func(h Health) error { seen <- h; return nil })
	}()
	if h := <-seen; h.State != Starting || len(h.Drivers) != 0 {
		t.Errorf("at first: %+v", h)
	}
	if _, err := s.Configure(within(t), Configuration{Kind: contract.KindCache, Driver: "test"}); err != nil {
		t.Fatal(err)
	}
	want := Health{State: Serving, Drivers: []DriverHealth{{Kind: contract.KindCache, State: Serving}}}
	if diff := cmp.Diff(want, <-seen); diff != "" {
		t.Errorf("with a driver (-want +got):\n%s", diff)
	}
	s.health.set(contract.KindCache, Degraded, "away")
	want = Health{State: Degraded, Reason: "away", Drivers: []DriverHealth{{Kind: contract.KindCache, State: Degraded, Reason: "away"}}}
	if diff := cmp.Diff(want, <-seen); diff != "" {
		t.Errorf("without the backend (-want +got):\n%s", diff)
	}
	s.Drain(within(t))
	if h := <-seen; h.State != NotServing {
		t.Errorf("draining: %+v", h)
	}
	cancel()
	if err := <-ended; !errors.Is(err, contract.ErrTimeout) {
		t.Errorf("ended with %v", err)
	}
}

func TestDriversAreAskedForTheirHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		driver := &richCache{sick: errors.New("no route")}
		s := NewServer(ServerOptions{Drivers: []Driver{offer(contract.KindCache, driver)}})
		if _, err := s.Configure(t.Context(), Configuration{Kind: contract.KindCache, Driver: "test"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if h, _ := s.health.now(); HealthState(h.State) != Degraded || h.Reason != "no route" {
			t.Errorf("sick: %v", h)
		}
		driver.mu.Lock()
		driver.sick = nil
		driver.mu.Unlock()
		_, changed := s.health.now()
		<-changed
		if h, _ := s.health.now(); HealthState(h.State) != Serving {
			t.Errorf("well again: %v", h)
		}
		for range 2 {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		if driver.closed != 1 {
			t.Errorf("the driver was closed %d times", driver.closed)
		}
		if _, err := s.Configure(t.Context(), Configuration{Kind: contract.KindCache, Driver: "test"}); !errors.Is(err, contract.ErrClosed) {
			t.Errorf("configure after close: %v", err)
		}
	})
}
