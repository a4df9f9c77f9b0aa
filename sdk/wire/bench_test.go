package wire

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// BenchmarkGet compares the modes over a unix socket. cpu-ns/op is user and
// system time of both sides, which share the process.
func BenchmarkGet(b *testing.B) {
	for _, driver := range []string{"inline", "batching", "parallel"} {
		for _, mode := range []Mode{Unary, Batch, Pipe} {
			for _, callers := range []int{1, 16, 256} {
				name := fmt.Sprintf("%s/%s/callers=%d", driver, modeNames[mode], callers)
				b.Run(name, func(b *testing.B) { benchGet(b, benchDriver(driver), mode, callers) })
			}
		}
	}
}

var modeNames = map[Mode]string{Unary: "unary", Batch: "batch", Pipe: "pipe"}

func benchDriver(name string) contract.Cache {
	if name == "batching" {
		return &benchBatcher{value: make([]byte, 64)}
	}
	return &mapCache{inline: name == "inline"}
}

func benchGet(b *testing.B, driver contract.Cache, mode Mode, callers int) {
	cc, caps := connectUnix(b, offer(contract.KindCache, driver))
	c := NewCache(cc, ClientOptions{Capabilities: caps, Mode: mode, Timeout: 10 * time.Second})
	defer func() { _ = c.Close() }()
	value := make([]byte, 64)
	keys := make([]string, callers)
	for i := range keys {
		keys[i] = fmt.Sprintf("prefix:app:1234:channel-%d", i/2)
		if _, err := c.Set(b.Context(), keys[i], value, contract.SetOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime()
	var wg sync.WaitGroup
	for _, key := range keys {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := c.Get(b.Context(), key); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchBatcher serves batches, as a client of a server with pipelines does.
type benchBatcher struct {
	mapCache
	value []byte
}

func (c *benchBatcher) GetMany(_ context.Context, keys []string) ([][]byte, []error) {
	values := make([][]byte, len(keys))
	for i := range keys {
		values[i] = c.value
	}
	return values, make([]error, len(keys))
}

func (c *benchBatcher) SetMany(_ context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	return make([]bool, len(entries)), make([]error, len(entries))
}
