package wire

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testToken = "6a61636b"

// offer returns a driver that opens as the given value.
func offer(kind contract.Kind, driver any) Driver {
	return Driver{Kind: kind, Name: "test", Open: func(context.Context, json.RawMessage, string) (any, error) {
		return driver, nil
	}}
}

// serve runs a server over lis and returns it with a connection to it.
func serve(tb testing.TB, lis net.Listener, dial func(context.Context, string) (net.Conn, error), drivers ...Driver) (*Server, *grpc.ClientConn) {
	tb.Helper()
	s := NewServer(ServerOptions{Name: "test", Version: "1.2.3", Commit: "abc", Drivers: drivers})
	gs := grpc.NewServer(GRPCServerOptions(testToken, nil)...)
	s.Register(gs)
	var served sync.WaitGroup
	served.Go(func() { _ = gs.Serve(lis) })
	opts := append(DialOptions(testToken),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(dial))
	cc, err := grpc.NewClient("passthrough:///test", opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cc.Close()
		gs.Stop()
		served.Wait()
		if err := s.Close(); err != nil {
			tb.Errorf("close server: %v", err)
		}
	})
	return s, cc
}

// connect serves drivers in memory, opens them all, and returns a connection
// and the capabilities of the last driver.
func connect(tb testing.TB, drivers ...Driver) (*grpc.ClientConn, []contract.Capability) {
	tb.Helper()
	lis := bufconn.Listen(1 << 20)
	_, cc := serve(tb, lis, func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }, drivers...)
	return cc, configureAll(tb, cc, drivers)
}

// connectUnix is connect over a unix socket.
func connectUnix(tb testing.TB, drivers ...Driver) (*grpc.ClientConn, []contract.Capability) {
	tb.Helper()
	dir, err := os.MkdirTemp("", "w")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	lis, err := net.Listen("unix", path)
	if err != nil {
		tb.Fatal(err)
	}
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	_, cc := serve(tb, lis, dial, drivers...)
	return cc, configureAll(tb, cc, drivers)
}

func configureAll(tb testing.TB, cc *grpc.ClientConn, drivers []Driver) (caps []contract.Capability) {
	tb.Helper()
	life := NewLifecycle(cc)
	for _, d := range drivers {
		var err error
		if caps, err = life.Configure(tb.Context(), Configuration{Kind: d.Kind, Driver: d.Name}); err != nil {
			tb.Fatalf("configure %s: %v", d.Kind, err)
		}
	}
	return caps
}

// within returns a context that ends long before the test would be stopped.
func within(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(tb.Context(), 10*time.Second)
	tb.Cleanup(cancel)
	return ctx
}

// mapCache is a cache in a map, without time.
type mapCache struct {
	inline bool
	mu     sync.Mutex
	values map[string][]byte
}

func (c *mapCache) Inline() bool { return c.inline }

func (c *mapCache) Get(_ context.Context, key string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.values[key]
	if !ok {
		return nil, contract.ErrNotFound
	}
	return v, nil
}

func (c *mapCache) Set(_ context.Context, key string, value []byte, opts contract.SetOptions) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.values[key]; ok && opts.IfAbsent {
		return false, nil
	}
	if c.values == nil {
		c.values = make(map[string][]byte)
	}
	c.values[key] = append([]byte{}, value...)
	return true, nil
}

func (c *mapCache) Delete(_ context.Context, key string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.values[key]
	delete(c.values, key)
	return ok, nil
}
