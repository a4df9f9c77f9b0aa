package wire

import (
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
	for _, driver := range []string{"inline", "parallel"} {
		for _, mode := range []Mode{Unary, Batch, Pipe} {
			for _, callers := range []int{1, 16, 256} {
				name := fmt.Sprintf("%s/%s/callers=%d", driver, modeNames[mode], callers)
				b.Run(name, func(b *testing.B) { benchGet(b, driver == "inline", mode, callers) })
			}
		}
	}
}

var modeNames = map[Mode]string{Unary: "unary", Batch: "batch", Pipe: "pipe"}

func benchGet(b *testing.B, inline bool, mode Mode, callers int) {
	cc, caps := connectUnix(b, offer(contract.KindCache, &mapCache{inline: inline}))
	c := NewCache(cc, ClientOptions{Capabilities: caps, Mode: mode, Timeout: 10 * time.Second})
	defer func() { _ = c.Close() }()
	value := make([]byte, 64)
	if _, err := c.Set(b.Context(), "prefix:app:1234:channel-name", value, contract.SetOptions{}); err != nil {
		b.Fatal(err)
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := c.Get(b.Context(), "prefix:app:1234:channel-name"); err != nil {
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
