package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// gateCache blocks in operations on keys that begin with "slow" until they are let go.
type gateCache struct {
	mapCache
	slow    chan struct{}
	started chan string
}

func (c *gateCache) Get(ctx context.Context, key string) ([]byte, error) {
	if len(key) < 4 || key[:4] != "slow" {
		return []byte(key), nil
	}
	c.started <- key
	select {
	case <-c.slow:
		return []byte(key), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestSlowOperationHoldsUpNobody(t *testing.T) {
	for _, mode := range modes {
		driver := &gateCache{slow: make(chan struct{}), started: make(chan string, 100)}
		cc, caps := connect(t, offer(contract.KindCache, driver))
		c := NewCache(cc, ClientOptions{Capabilities: caps, Mode: mode})
		var slow sync.WaitGroup
		for i := range 3 * windowSlots {
			slow.Go(func() {
				if _, err := c.Get(within(t), fmt.Sprint("slow", i)); err != nil {
					t.Errorf("%s: slow: %v", modeNames[mode], err)
				}
			})
			<-driver.started
		}
		for i := range 100 {
			if _, err := c.Get(within(t), fmt.Sprint(i)); err != nil {
				t.Fatalf("%s: quick: %v", modeNames[mode], err)
			}
		}
		close(driver.slow)
		slow.Wait()
		_ = c.Close()
	}
}

func TestReadsOfAKeyRunSideBySide(t *testing.T) {
	driver := &gateCache{slow: make(chan struct{}), started: make(chan string, 8)}
	cc, caps := connect(t, offer(contract.KindCache, driver))
	c := NewCache(cc, ClientOptions{Capabilities: caps})
	defer func() { _ = c.Close() }()
	var reads sync.WaitGroup
	for range cap(driver.started) {
		reads.Go(func() {
			if _, err := c.Get(within(t), "slow"); err != nil {
				t.Errorf("get: %v", err)
			}
		})
	}
	for range cap(driver.started) {
		<-driver.started
	}
	close(driver.slow)
	reads.Wait()
}

func TestDriverSeesTheDeadline(t *testing.T) {
	driver := &gateCache{started: make(chan string, 1)}
	cc, caps := connect(t, offer(contract.KindCache, driver))
	for _, mode := range modes {
		c := NewCache(cc, ClientOptions{Capabilities: caps, Mode: mode})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := c.Get(ctx, "slow"); !errors.Is(err, contract.ErrTimeout) {
			t.Errorf("%s: %v, want ErrTimeout", modeNames[mode], err)
		}
		cancel()
		_ = c.Close()
		<-driver.started
	}
}

func TestLateOperationIsNotStarted(t *testing.T) {
	for _, inline := range []bool{false, true} {
		driver := &fullCache{mapCache: mapCache{inline: inline}}
		cc, _ := connect(t, offer(contract.KindCache, driver))
		op := &pb.CacheOp{Id: 1, DeadlineMs: -1, Op: &pb.CacheOp_Touch{Touch: &pb.CacheTouch{Key: "k"}}}
		resp, err := pb.NewCacheClient(cc).Batch(within(t), &pb.CacheBatchRequest{Ops: []*pb.CacheOp{op}})
		if err != nil || resp.Results[0].GetFailure().GetCode() != pb.Code_CODE_TIMEOUT {
			t.Errorf("inline=%t: %v, %v", inline, resp, err)
		}
		if asked := driver.asked(); len(asked) > 0 {
			t.Errorf("inline=%t: the driver was asked: %v", inline, asked)
		}
	}
}

// panicCache panics where it is touched.
type panicCache struct{ mapCache }

func (*panicCache) Get(context.Context, string) ([]byte, error) { panic("boom") }

func (*panicCache) GetMany(context.Context, []string) ([][]byte, []error) { panic("boom") }

func (*panicCache) SetMany(context.Context, []contract.CacheEntry) ([]bool, []error) { return nil, nil }

func TestPanicIsAnAnswer(t *testing.T) {
	for _, mode := range modes {
		for _, inline := range []bool{false, true} {
			cc, caps := connect(t, offer(contract.KindCache, &panicCache{mapCache{inline: inline}}))
			c := NewCache(cc, ClientOptions{Capabilities: caps, Mode: mode})
			_, one := c.Get(within(t), "k")
			_, many := c.GetMany(within(t), []string{"a", "b"})
			for _, err := range append(many, one) {
				if !errors.Is(err, contract.ErrInternal) || Reason(err) != ReasonPanic {
					t.Errorf("%s inline=%t: %v, reason %q", modeNames[mode], inline, err, Reason(err))
				}
			}
			if _, err := c.Delete(within(t), "k"); err != nil {
				t.Errorf("%s inline=%t: afterwards: %v", modeNames[mode], inline, err)
			}
			_ = c.Close()
		}
	}
}

// batchCache notes the batches that it gets.
type batchCache struct {
	gateCache
	mu      sync.Mutex
	batches []string
}

func (c *batchCache) GetMany(_ context.Context, keys []string) ([][]byte, []error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches = append(c.batches, fmt.Sprint("get ", keys))
	values := make([][]byte, len(keys))
	for i, k := range keys {
		values[i] = []byte(k)
	}
	return values, make([]error, len(keys))
}

func (c *batchCache) SetMany(_ context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	c.batches = append(c.batches, fmt.Sprint("set ", keys))
	return make([]bool, len(entries)), make([]error, len(entries))
}

func TestDriverGetsBatches(t *testing.T) {
	driver := &batchCache{}
	cc, _ := connect(t, offer(contract.KindCache, driver))
	get := func(key string) *pb.CacheOp {
		return &pb.CacheOp{Op: &pb.CacheOp_Get{Get: &pb.CacheGet{Key: key}}}
	}
	set := func(key string) *pb.CacheOp {
		return &pb.CacheOp{Op: &pb.CacheOp_Set{Set: &pb.CacheSet{Key: key}}}
	}
	ops := []*pb.CacheOp{get("a"), get("b"), set("c"), get("a"), set("d"), get("e"), set("f"), set("g")}
	for i, op := range ops {
		op.Id = uint64(i + 1)
	}
	resp, err := pb.NewCacheClient(cc).Batch(within(t), &pb.CacheBatchRequest{Ops: ops})
	if err != nil || len(resp.Results) != len(ops) {
		t.Fatalf("%d results, %v", len(resp.GetResults()), err)
	}
	slices.Sort(driver.batches)
	if want := []string{"get [a b a e]", "set [c d f g]"}; !slices.Equal(driver.batches, want) {
		t.Errorf("the driver got %q, want %q", driver.batches, want)
	}
}

// orderCache notes, per key, the order of its operations.
type orderCache struct {
	mapCache
	mu   sync.Mutex
	seen map[string][]string
}

func (c *orderCache) see(key, what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[key] = append(c.seen[key], what)
}

func (c *orderCache) Get(_ context.Context, key string) ([]byte, error) {
	c.see(key, "get")
	return nil, nil
}

func (c *orderCache) Set(_ context.Context, key string, value []byte, _ contract.SetOptions) (bool, error) {
	c.see(key, string(value))
	return true, nil
}

func (c *orderCache) Delete(_ context.Context, key string) (bool, error) {
	c.see(key, "delete")
	return true, nil
}

// batchingOrderCache is an orderCache that takes batches.
type batchingOrderCache struct{ *orderCache }

func (c batchingOrderCache) GetMany(ctx context.Context, keys []string) ([][]byte, []error) {
	for _, k := range keys {
		_, _ = c.Get(ctx, k)
	}
	return make([][]byte, len(keys)), make([]error, len(keys))
}

func (c batchingOrderCache) SetMany(ctx context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	for _, e := range entries {
		_, _ = c.Set(ctx, e.Key, e.Value, e.Options)
	}
	return make([]bool, len(entries)), make([]error, len(entries))
}

// TestKeysKeepTheirOrder sends random operations on a few keys over one stream,
// without waiting, and compares what the driver saw of each key.
func TestKeysKeepTheirOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		driver := &orderCache{seen: make(map[string][]string)}
		var d contract.Cache = driver
		if rapid.Bool().Draw(rt, "batching") {
			d = batchingOrderCache{driver}
		}
		s := NewServer(ServerOptions{})
		o := newOpServer[pb.CacheOp, pb.CacheResult, *pb.CacheOp](s, newCacheOps(d), d)
		want := make(map[string][]string)
		var messages [][]*pb.CacheOp
		total := 0
		for range rapid.IntRange(1, 20).Draw(rt, "messages") {
			var ops []*pb.CacheOp
			for range rapid.IntRange(1, 30).Draw(rt, "operations") {
				key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"}).Draw(rt, "key")
				total++
				op, what := randomOp(rt, key, total)
				op.Id = uint64(total)
				ops = append(ops, op)
				want[key] = append(want[key], what)
			}
			messages = append(messages, ops)
		}
		runPipe(rt, o, messages, total)
		for key := range want {
			if !slices.Equal(want[key], driver.seen[key]) {
				rt.Errorf("key %s:\nwant %v\ngot  %v", key, want[key], driver.seen[key])
			}
		}
	})
}

func randomOp(rt *rapid.T, key string, n int) (*pb.CacheOp, string) {
	switch rapid.IntRange(0, 3).Draw(rt, "kind") {
	case 0:
		return &pb.CacheOp{Op: &pb.CacheOp_Delete{Delete: &pb.CacheDelete{Key: key}}}, "delete"
	case 1:
		return &pb.CacheOp{Op: &pb.CacheOp_Get{Get: &pb.CacheGet{Key: key}}}, "get"
	default:
		v := fmt.Sprint(n)
		return &pb.CacheOp{Op: &pb.CacheOp_Set{Set: &pb.CacheSet{Key: key, Value: []byte(v)}}}, v
	}
}

// runPipe feeds messages and returns when all are answered, each once.
func runPipe(rt *rapid.T, o *cacheServer, messages [][]*pb.CacheOp, total int) {
	all := make(chan struct{})
	var mu sync.Mutex
	answered := make(map[uint64]bool)
	send := func(results []*pb.CacheResult) error {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range results {
			if answered[r.Id] {
				rt.Errorf("operation %d was answered twice", r.Id)
			}
			answered[r.Id] = true
		}
		if len(answered) == total {
			close(all)
		}
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	recv := func() ([]*pb.CacheOp, error) {
		if len(messages) == 0 {
			<-all
			return nil, context.Canceled
		}
		ops := messages[0]
		messages = messages[1:]
		return ops, nil
	}
	_ = o.pipe(ctx, recv, send)
}

func TestCallsNeedTheToken(t *testing.T) {
	lis := bufconn.Listen(1 << 20)
	dial := func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }
	serve(t, lis, dial, offer(contract.KindCache, &mapCache{}))
	for _, token := range []string{"", "wrong"} {
		opts := append(DialOptions(token), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(dial))
		cc, err := grpc.NewClient("passthrough:///test", opts...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewLifecycle(cc).Describe(within(t)); !errors.Is(err, contract.ErrAuth) {
			t.Errorf("token %q: %v, want ErrAuth", token, err)
		}
		c := NewCache(cc, ClientOptions{Mode: Pipe})
		if _, err := c.Get(within(t), "k"); !errors.Is(err, contract.ErrAuth) {
			t.Errorf("token %q: %v, want ErrAuth", token, err)
		}
		_ = c.Close()
		_ = cc.Close()
	}
}

func TestUnconfiguredKindIsUnavailable(t *testing.T) {
	cc, _ := connect(t)
	for _, mode := range modes {
		c := NewCache(cc, ClientOptions{Mode: mode})
		if _, err := c.Get(within(t), "k"); !errors.Is(err, contract.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", modeNames[mode], err)
		}
		_ = c.Close()
	}
}

func TestDrainRefusesAndWaits(t *testing.T) {
	driver := &gateCache{slow: make(chan struct{}), started: make(chan string, 1)}
	cc, caps := connect(t, offer(contract.KindCache, driver))
	c := NewCache(cc, ClientOptions{Capabilities: caps})
	defer func() { _ = c.Close() }()
	got := make(chan error, 1)
	go func() {
		_, err := c.Get(within(t), "slow")
		got <- err
	}()
	<-driver.started
	life := NewLifecycle(cc)
	if complete, err := life.Drain(within(t), 10*time.Millisecond); err != nil || complete {
		t.Errorf("drain with an operation under way: %t, %v", complete, err)
	}
	if _, err := c.Get(within(t), "k"); !errors.Is(err, contract.ErrOverloaded) || Reason(err) != ReasonDraining {
		t.Errorf("while draining: %v", err)
	}
	var drained atomic.Bool
	done := make(chan error, 1)
	go func() {
		complete, err := life.Drain(within(t), 10*time.Second)
		drained.Store(complete)
		done <- err
	}()
	close(driver.slow)
	if err := <-got; err != nil {
		t.Errorf("the operation under way: %v", err)
	}
	if err := <-done; err != nil || !drained.Load() {
		t.Errorf("drain: %t, %v", drained.Load(), err)
	}
}

func TestBrokenStreamEndsAndIsReopened(t *testing.T) {
	driver := &gateCache{slow: make(chan struct{}), started: make(chan string, 10)}
	dir := t.TempDir()
	path := dir + "/s"
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	start := func() *grpc.Server {
		lis, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		s := NewServer(ServerOptions{Drivers: []Driver{offer(contract.KindCache, driver)}})
		if _, err := s.Configure(t.Context(), Configuration{Kind: contract.KindCache, Driver: "test"}); err != nil {
			t.Fatal(err)
		}
		gs := grpc.NewServer(GRPCServerOptions("", nil)...)
		s.Register(gs)
		go func() { _ = gs.Serve(lis) }()
		return gs
	}
	gs := start()
	opts := append(DialOptions(""), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(dial))
	cc, err := grpc.NewClient("passthrough:///test", opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cc.Close() }()
	c := NewCache(cc, ClientOptions{Mode: Pipe})
	defer func() { _ = c.Close() }()
	got := make(chan error, 1)
	go func() {
		_, err := c.Get(within(t), "slow")
		got <- err
	}()
	<-driver.started
	gs.Stop()
	if err := <-got; !errors.Is(err, contract.ErrGone) {
		t.Errorf("in flight: %v, want ErrGone", err)
	}
	if _, err := c.Get(within(t), "k"); !errors.Is(err, contract.ErrGone) {
		t.Errorf("while the plugin is away: %v, want ErrGone", err)
	}
	defer start().Stop()
	cc.ResetConnectBackoff()
	for {
		_, err := c.Get(within(t), "k")
		if err == nil {
			break
		}
		if !errors.Is(err, contract.ErrGone) {
			t.Fatalf("when the plugin is back: %v", err)
		}
		cc.ResetConnectBackoff()
	}
}
